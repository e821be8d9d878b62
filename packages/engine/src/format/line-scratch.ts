import { kernelMemory, PAGE_BYTES, type KernelMemory } from "../record/kernels/kernel-memory.ts";
import { openKernels, type Kernels } from "../record/kernels/kernels.ts";

/** Memory in which lines are decoded, one decoder at a time: nothing stays in it beyond a call. */
export interface LineScratch {
  readonly memory: KernelMemory;
  readonly kernels: Kernels;
  /** Whose block and input are in it; null: nobody's. */
  owner: object | null;
}

let scratch: LineScratch | undefined;

/** The scratch of this thread. */
export function lineScratch(): LineScratch {
  if (scratch === undefined) {
    const memory = kernelMemory({ bytes: PAGE_BYTES });
    scratch = { memory, kernels: openKernels(memory), owner: null };
  }
  return scratch;
}
