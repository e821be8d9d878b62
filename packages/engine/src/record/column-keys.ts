import { canonicalColumns } from "./canonical-columns.ts";
import type { Column } from "./column.ts";
import type { FunctionShape } from "./function-shape.ts";
import { integerKeys } from "./integer-keys.ts";
import type { IntegerPairs, KeyColumn } from "./key-column.ts";
import type { RecordLayout } from "./layout.ts";
import { pairKeys } from "./pair-keys.ts";

/** The columns that a key function reads and does nothing else with. */
export interface KeyColumns {
  /** Numbers of the columns. */
  readonly fields: readonly number[];
  /** The key is an array of them, not the only one. */
  readonly isTuple: boolean;
}

/** What a key function of this shape reads of records of a layout, if it is parts of keys alone; null where it has to be called. */
export function keyColumns(shape: FunctionShape | null, layout: RecordLayout): KeyColumns | null {
  if (layout.shape !== "struct" || (shape?.kind !== "field" && shape?.kind !== "tuple")) return null;
  const names = shape.kind === "field" ? [shape.field] : shape.fields;
  const fields = names.map((name) => layout.fields.findIndex((field) => field.name === name));
  const areParts = fields.every((number) => {
    const field = layout.fields[number];
    return field !== undefined && field.kind !== "json";
  });
  return areParts ? { fields, isTuple: shape.kind === "tuple" } : null;
}

/** The keys of the first `length` rows; null where the function has to be called for them. */
export function keysOfColumns(
  { fields, isTuple }: KeyColumns,
  columns: readonly Column[],
  length: number,
): KeyColumn | null {
  const parts = fields.map((number) => columns[number] as Column);
  const [first, second] = parts;
  if (first !== undefined && !isTuple) {
    const integers = integersOf(first, length);
    if (integers !== null) return integerKeys(integers);
  } else if (first !== undefined && second !== undefined && parts.length === 2) {
    const pairs = pairsOf(first, second, length);
    if (pairs !== null) return pairKeys(pairs);
  }
  return canonicalColumns(parts, isTuple, length);
}

function pairsOf(a: Column, b: Column, length: number): IntegerPairs | null {
  const first = integersOf(a, length);
  const second = first === null ? null : integersOf(b, length);
  return first === null || second === null ? null : { first, second };
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
