// A loop per kind of array: one loop over all kinds is several times slower.

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
