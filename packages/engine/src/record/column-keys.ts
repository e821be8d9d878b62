import { byteKeys } from "./byte-keys.ts";
import type { Column } from "./column.ts";
import type { FunctionShape } from "./function-shape.ts";
import { INTEGER_TAG, integerKeys } from "./integer-keys.ts";
import type { KeyColumn } from "./key-column.ts";
import { hashKey, INTEGER_KEY_BYTES } from "./key-hash.ts";
import type { RecordLayout } from "./layout.ts";
import { pairKeys, TUPLE_TAG } from "./pair-keys.ts";

/** The columns that a key function reads and does nothing else with. */
export interface KeyColumns {
  /** Numbers of the columns. */
  readonly fields: readonly number[];
  /** The key is an array of them, not the only one. */
  readonly isTuple: boolean;
}

/** What a key function of this shape reads of records of a layout, if it is numbers alone; null where it has to be called. */
export function keyColumns(shape: FunctionShape | null, layout: RecordLayout): KeyColumns | null {
  if (layout.shape !== "struct" || (shape?.kind !== "field" && shape?.kind !== "tuple")) return null;
  const names = shape.kind === "field" ? [shape.field] : shape.fields;
  const fields = names.map((name) => layout.fields.findIndex((field) => field.name === name));
  const isNumbers = fields.every((number) => {
    const kind = layout.fields[number]?.kind;
    return kind === "int32" || kind === "float64";
  });
  return isNumbers ? { fields, isTuple: shape.kind === "tuple" } : null;
}

/** The keys of the first `length` rows; null if one is not made of safe integers alone. */
export function keysOfColumns(
  { fields, isTuple }: KeyColumns,
  columns: readonly Column[],
  length: number,
): KeyColumn | null {
  const parts: Float64Array[] = [];
  for (const number of fields) {
    const integers = integersOf(columns[number] as Column, length);
    if (integers === null) return null;
    parts.push(integers);
  }
  if (!isTuple) return integerKeys(parts[0] as Float64Array);
  const [first, second] = parts;
  if (first !== undefined && second !== undefined && parts.length === 2) return pairKeys({ first, second });
  return tupleKeys(parts, length);
}

function integersOf(column: Column, length: number): Float64Array | null {
  if (column.presence !== null) return null;
  if (column.kind === "int32") return new Float64Array(column.values.subarray(0, length));
  if (column.kind !== "float64") return null;
  const values = column.values.length === length ? column.values : column.values.subarray(0, length);
  let hasNegativeZero = false;
  for (let row = 0; row < length; row++) {
    const value = values[row] as number;
    if (!Number.isSafeInteger(value)) return null;
    if (value === 0) hasNegativeZero ||= Object.is(value, -0);
  }
  // The cells of a batch never change, so they are the keys as they are. The sum makes 0 of -0.
  return hasNegativeZero ? values.map((value) => value + 0) : values;
}

function tupleKeys(parts: readonly Float64Array[], length: number): KeyColumn {
  const size = 1 + parts.length * INTEGER_KEY_BYTES;
  const bytes = new Uint8Array(length * size);
  const offsets = new Int32Array(length);
  const hashes = new Uint32Array(length);
  for (const [index, integers] of parts.entries())
    writePart(bytes, integers, { first: 1 + index * INTEGER_KEY_BYTES, size });
  for (let row = 0; row < length; row++) {
    const at = row * size;
    bytes[at] = TUPLE_TAG;
    offsets[row] = at;
    hashes[row] = hashKey(bytes, at, size);
  }
  return byteKeys({ bytes, offsets, lengths: new Int32Array(length).fill(size), hashes });
}

/** Writes an integer key every `size` bytes, from `first` on. */
function writePart(bytes: Uint8Array, integers: Float64Array, { first, size }: { first: number; size: number }): void {
  for (let row = 0, at = first; row < integers.length; row++, at += size) {
    const value = integers[row] as number;
    const low = value | 0;
    const high = (low === value ? low >> 31 : Math.floor(value / 0x1_0000_0000)) ^ 0x8000_0000;
    bytes[at] = INTEGER_TAG;
    bytes[at + 1] = high >>> 24;
    bytes[at + 2] = high >>> 16;
    bytes[at + 3] = high >>> 8;
    bytes[at + 4] = high;
    bytes[at + 5] = low >>> 24;
    bytes[at + 6] = low >>> 16;
    bytes[at + 7] = low >>> 8;
    bytes[at + 8] = low;
  }
}
