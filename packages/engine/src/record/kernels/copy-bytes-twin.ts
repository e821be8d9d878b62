import type { KernelMemory } from "./kernel-memory.ts";

/** Twin of kernels/assembly/copy-bytes.ts. */
export function copyBytesTwin(memory: KernelMemory): (to: number, from: number, length: number) => void {
  return (to, from, length) => {
    memory.views().bytes.copyWithin(to, from, from + length);
  };
}
