import { hashIntegers, hashPairs } from "./key-hash.ts";
import type { IntegerPairs } from "./key-column.ts";
import { type KernelMemory, kernelMemory } from "./kernels/kernel-memory.ts";
import { type Kernels, openKernels } from "./kernels/kernels.ts";

/** What a thread's work on keys may take of memory that kernels reach, and keeps. */
export const KEY_MEMORY_BYTES: number = 4 * 1_024 * 1_024;
/** Fewer keys are not worth a call into the kernels. */
const KERNEL_KEYS_MIN = 64;

let opened: { readonly memory: KernelMemory; readonly kernels: Kernels } | null = null;

/** Kernels on memory of this thread for one call at a time, of at least `bytes`; null where that is more than it may take. */
export function keyKernels(bytes: number): { readonly memory: KernelMemory; readonly kernels: Kernels } | null {
  if (opened === null) {
    const memory = kernelMemory({ bytes: 1, bytesMax: KEY_MEMORY_BYTES });
    opened = { memory, kernels: openKernels(memory) };
  }
  return opened.memory.reserve(bytes) ? opened : null;
}

/** Canonical hashes of integer keys. */
export function integerHashes(integers: Float64Array): Uint32Array {
  const { length } = integers;
  const room = length < KERNEL_KEYS_MIN ? null : keyKernels(length * 12);
  if (room === null || room.memory.wasm === null) return hashIntegers(integers);
  const { float64 } = room.memory.views();
  float64.set(integers);
  room.kernels.hashIntegers(0, length, length * 8);
  return new Uint32Array(float64.buffer, length * 8, length).slice();
}

/** Canonical hashes of tuples of two integers. */
export function pairHashes(pairs: IntegerPairs): Uint32Array {
  const { length } = pairs.first;
  const room = length < KERNEL_KEYS_MIN ? null : keyKernels(length * 20);
  if (room === null || room.memory.wasm === null) return hashPairs(pairs);
  const { float64 } = room.memory.views();
  float64.set(pairs.first);
  float64.set(pairs.second.length === length ? pairs.second : pairs.second.subarray(0, length), length);
  room.kernels.hashPairs(0, length * 8, length, length * 16);
  return new Uint32Array(float64.buffer, length * 16, length).slice();
}
