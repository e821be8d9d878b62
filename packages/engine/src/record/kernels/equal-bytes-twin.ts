import type { KernelMemory } from "./kernel-memory.ts";

/** The exports of kernels/assembly/equal-bytes.ts. */
export interface EqualBytes {
  /** 1 if so, or 0. */
  equalBytes(a: number, b: number, length: number): number;
}

/** Their twin. */
export function equalBytesTwin(memory: KernelMemory): EqualBytes {
  return {
    equalBytes(a, b, length) {
      const { bytes } = memory.views();
      for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return 0;
      return 1;
    },
  };
}
