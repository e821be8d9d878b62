import type { KernelMemory } from "./kernel-memory.ts";

// Twin of kernels/assembly/gather.ts, over arrays. A loop per kind of array: one loop over all kinds is several times slower.

/** Sorts rows 0 to `length` by the owner of the key group, which is the top `bits` of the hash; `starts` gets one more than there are in `next`. */
export function partitionRows(
  hashes: Uint32Array,
  length: number,
  owners: Uint16Array,
  bits: number,
  to: { readonly starts: Int32Array; readonly next: Int32Array; readonly rows: Int32Array },
): void {
  const { starts, next, rows } = to;
  // A shift by 32 is a shift by 0.
  const shift = bits === 0 ? 31 : 32 - bits;
  const mask = 2 ** bits - 1;
  next.fill(0);
  for (let i = 0; i < length; i++) {
    const owner = owners[((hashes[i] as number) >>> shift) & mask] as number;
    next[owner] = (next[owner] as number) + 1;
  }
  let start = 0;
  for (let task = 0; task < next.length; task++) {
    starts[task] = start;
    start += next[task] as number;
    next[task] = starts[task] as number;
  }
  starts[next.length] = start;
  for (let i = 0; i < length; i++) {
    const owner = owners[((hashes[i] as number) >>> shift) & mask] as number;
    const at = next[owner] as number;
    rows[at] = i;
    next[owner] = at + 1;
  }
}

/** The cells of `rows`, in that order. */
export function gatherInts(from: Int32Array, rows: Int32Array): Int32Array {
  const to = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i] as number] as number;
  return to;
}

/** The same for 8-byte cells. */
export function gatherFloats(from: Float64Array, rows: Int32Array): Float64Array {
  const to = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i] as number] as number;
  return to;
}

/** The exports of kernels/assembly/gather.ts. */
export interface Gather {
  partitionRows(
    hashes: number,
    length: number,
    owners: number,
    bits: number,
    tasks: number,
    starts: number,
    next: number,
    rows: number,
  ): void;
  gather4(from: number, rows: number, length: number, to: number): void;
  gather8(from: number, rows: number, length: number, to: number): void;
}

/** Their twin, over the functions above. */
export function gatherTwin(memory: KernelMemory): Gather {
  return {
    partitionRows(hashes, length, owners, bits, tasks, starts, next, rows) {
      const { int32 } = memory.views();
      partitionRows(
        new Uint32Array(int32.buffer, hashes, length),
        length,
        new Uint16Array(int32.buffer, owners, 2 ** bits),
        bits,
        {
          starts: int32.subarray(starts / 4),
          next: int32.subarray(next / 4, next / 4 + tasks),
          rows: int32.subarray(rows / 4),
        },
      );
    },
    gather4(from, rows, length, to) {
      const { int32 } = memory.views();
      int32.set(gatherInts(int32.subarray(from / 4), int32.subarray(rows / 4, rows / 4 + length)), to / 4);
    },
    gather8(from, rows, length, to) {
      const { int32, float64 } = memory.views();
      float64.set(gatherFloats(float64.subarray(from / 8), int32.subarray(rows / 4, rows / 4 + length)), to / 8);
    },
  };
}
