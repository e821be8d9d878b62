import type { KernelMemory } from "./kernel-memory.ts";

/** The export of kernels/assembly/append-texts.ts. */
export interface AppendTexts {
  appendTexts(from: number, offsets: number, lengths: number, ends: number, count: number): void;
}

/** Its twin. */
export function appendTextsTwin(memory: KernelMemory): AppendTexts {
  return {
    appendTexts(from, offsets, lengths, ends, count) {
      const { bytes, int32 } = memory.views();
      for (let i = 0; i < count; i++) {
        const length = int32[lengths / 4 + i] as number;
        const to = int32[ends / 4 + i] as number;
        const source = from + (int32[offsets / 4 + i] as number);
        bytes.copyWithin(to, source, source + length);
        int32[ends / 4 + i] = to + length;
      }
    },
  };
}
