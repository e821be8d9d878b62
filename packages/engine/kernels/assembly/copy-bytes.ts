/** Copies `length` bytes within the memory; the ranges may overlap. */
export function copyBytes(to: usize, from: usize, length: usize): void {
  memory.copy(to, from, length);
}
