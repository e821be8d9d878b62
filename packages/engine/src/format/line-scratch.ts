import { kernelMemory, PAGE_BYTES, type KernelMemory } from "../record/kernels/kernel-memory.ts";
import { openKernels, type Kernels } from "../record/kernels/kernels.ts";

/** Whose block, rows and input are in the scratch. */
export interface ScratchOwner {
  /** Takes out what is in it: another needs it. */
  leave(): void;
}

/** Memory in which lines are decoded, one decoder at a time. */
export interface LineScratch {
  readonly memory: KernelMemory;
  readonly kernels: Kernels;
  /** Null: nobody's. */
  owner: ScratchOwner | null;
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
