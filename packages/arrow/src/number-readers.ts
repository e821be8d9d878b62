import type { Column } from "@tidemark/engine/connector";
import { Vector, type Data } from "apache-arrow";
import { VectorFault } from "./vector-fault.ts";
import type { RowRange } from "./row-range.ts";

const SAFE_HIGH_MAX = 2 ** 21;

/** Integers of at most 32 bits; those of 32 are a view. */
export function readIntegers(data: Data, { from, rows, presence }: RowRange): Column {
  const cells = cellsOf(data, from, rows);
  return { kind: "int32", presence, values: cells instanceof Int32Array ? cells : Int32Array.from(cells) };
}

/** Numbers that a double holds; doubles are a view. */
export function readDoubles(data: Data, { from, rows, presence }: RowRange): Column {
  const cells = cellsOf(data, from, rows);
  return { kind: "float64", presence, values: cells instanceof Float64Array ? cells : Float64Array.from(cells) };
}

/** Floats of 16 bits, which the library decodes. */
export function readHalves(data: Data, { from, rows, presence }: RowRange): Column {
  cellsOf(data, from, rows);
  const vector = new Vector([data]);
  const values = Float64Array.from({ length: rows }, (_, row) => Number(vector.get(from + row)));
  return { kind: "float64", presence, values };
}

/** Integers of 64 bits. VectorFault for one that no double is equal to. */
export function readLongs(data: Data, { from, rows, presence }: RowRange): Column {
  const halves = halvesOf(data, from, rows);
  const isSigned = data.values instanceof BigInt64Array;
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const high = isSigned ? (halves[2 * row + 1] as number) : (halves[2 * row + 1] as number) >>> 0;
    const low = (halves[2 * row] as number) >>> 0;
    const isSafe = high >= -SAFE_HIGH_MAX && high < SAFE_HIGH_MAX;
    if (!isSafe && (presence === null || presence[row] === 0))
      throw new VectorFault(
        `it holds ${(data.values as BigInt64Array)[from + row]}, which is beyond what a number holds exactly`,
      );
    values[row] = high * 4_294_967_296 + low;
  }
  return { kind: "float64", presence, values };
}

/** Bits. */
export function readBooleans(data: Data, { from, rows, presence }: RowRange): Column {
  const bits = data.values as Uint8Array;
  if (bits.length * 8 < from + rows) throw tooShort();
  const values = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) values[row] = bitAt(bits, from + row);
  return { kind: "boolean", presence, values };
}

/** A column of nothing but nulls. */
export function readNulls(_data: Data, { rows }: RowRange): Column {
  return { kind: "json", presence: null, values: new Array<unknown>(rows).fill(null) };
}

/** Bit `at` of a bitmap, its lowest bit first. */
export function bitAt(bits: Uint8Array, at: number): number {
  return ((bits[at >> 3] as number) >> (at & 7)) & 1;
}

/** The halves of integers of 64 bits, the low one first. */
export function halvesOf(data: Data, from: number, rows: number): Int32Array {
  const { buffer, byteOffset, length } = data.values as BigInt64Array;
  if (length < from + rows) throw tooShort();
  return new Int32Array(buffer, byteOffset + 8 * from, 2 * rows);
}

/** The cells of a range; VectorFault if there are not as many. */
export function cellsOf(data: Data, from: number, rows: number): ArrayLike<number> {
  const values = data.values as Float64Array;
  if (values.length < from + rows) throw tooShort();
  return values.subarray(from, from + rows);
}

/** The fault of a vector whose arrays are shorter than the batch. */
export function tooShort(): VectorFault {
  return new VectorFault("it has fewer values than the batch has rows");
}
