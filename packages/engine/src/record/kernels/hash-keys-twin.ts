import { hashInteger, hashKey, hashPair } from "../key-hash.ts";
import type { KernelMemory } from "./kernel-memory.ts";

/** The exports of kernels/assembly/hash-keys.ts. */
export interface HashKeys {
  hashIntegers(integers: number, length: number, hashes: number): void;
  hashPairs(first: number, second: number, length: number, hashes: number): void;
  hashBytes(bytes: number, offsets: number, lengths: number, length: number, hashes: number): void;
}

/** Their twin, over the functions of key-hash.ts. */
export function hashKeysTwin(memory: KernelMemory): HashKeys {
  return {
    hashIntegers(integers, length, hashes) {
      const { int32, float64 } = memory.views();
      for (let i = 0; i < length; i++) int32[hashes / 4 + i] = hashInteger(float64[integers / 8 + i] as number);
    },
    hashPairs(first, second, length, hashes) {
      const { int32, float64 } = memory.views();
      for (let i = 0; i < length; i++) {
        const a = float64[first / 8 + i] as number;
        int32[hashes / 4 + i] = hashPair(a, float64[second / 8 + i] as number);
      }
    },
    hashBytes(bytes, offsets, lengths, length, hashes) {
      const { bytes: all, int32 } = memory.views();
      for (let i = 0; i < length; i++) {
        const at = bytes + (int32[offsets / 4 + i] as number);
        int32[hashes / 4 + i] = hashKey(all, at, int32[lengths / 4 + i] as number);
      }
    },
  };
}
