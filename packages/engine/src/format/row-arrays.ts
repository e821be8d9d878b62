import { BATCH_ROWS_MAX } from "../record/batch.ts";

/** The first rows of arrays in a memory, or copies of them, by the arrays' addresses. */
export interface RowArrays {
  int32(at: number): Int32Array;
  float64(at: number): Float64Array;
  bytes(at: number): Uint8Array;
}

/** Where the arrays of all columns are; those of presence come last. */
export interface ArrayRegion {
  readonly from: number;
  readonly presence: number;
  readonly to: number;
}

/** Copies arrays of `rows` cells: one by one if they are short, all in one go if they are mostly full. */
export function arrayCopies(
  memory: ArrayBufferLike,
  { from, presence, to }: ArrayRegion,
  { rows, isLacking }: { rows: number; isLacking: boolean },
): RowArrays {
  if (rows * 2 < BATCH_ROWS_MAX) {
    return {
      int32: (at) => new Int32Array(memory, at, rows).slice(),
      float64: (at) => new Float64Array(memory, at, rows).slice(),
      bytes: (at) => new Uint8Array(memory, at, rows).slice(),
    };
  }
  const copy = memory.slice(from, isLacking ? to : presence);
  return {
    int32: (at) => new Int32Array(copy, at - from, rows),
    float64: (at) => new Float64Array(copy, at - from, rows),
    bytes: (at) => new Uint8Array(copy, at - from, rows),
  };
}

/** The arrays themselves. */
export function arrayViews(memory: ArrayBufferLike, rows: number): RowArrays {
  return {
    int32: (at) => new Int32Array(memory, at, rows),
    float64: (at) => new Float64Array(memory, at, rows),
    bytes: (at) => new Uint8Array(memory, at, rows),
  };
}
