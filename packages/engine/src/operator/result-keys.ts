import type { Column } from "../record/column.ts";
import { decodeKey } from "../record/key-codec.ts";
import type { KeyColumn } from "../record/key-column.ts";
import { kindOf } from "../record/learned-layout.ts";
import type { Field } from "../record/layout.ts";
import { stringColumn } from "../record/string-column.ts";
import { tupleColumn } from "../record/tuple-column.ts";
import { tupleParts } from "../record/tuple-parts.ts";

/** Keys that are numbers, or tuples of them: a column for each part, by row of the input. */
export interface KeyNumbers {
  readonly parts: readonly Float64Array[];
  readonly isTuple: boolean;
}

/** The column of keys whose parts were copied: of `rows` rows. */
export function numberKeys(
  { parts, isTuple }: KeyNumbers,
  { rows, part }: { readonly rows: number; readonly part: (part: number) => Float64Array },
): Column {
  const columns = parts.map((_, index): Column => ({ kind: "float64", presence: null, values: part(index) }));
  return isTuple ? tupleColumn(columns, rows) : (columns[0] as Column);
}

/**
 * The column "key" of results, from the keys of the input. Its kind is that of the first keys; once others came it is json, which holds any.
 * Tuples of integers are handed on in their parts.
 */
export class ResultKeys {
  #kind: Field["kind"] | null = null;
  /** Of the key column that was seen last: the changes of a batch may go out in several. */
  #known: { readonly keys: KeyColumn; readonly numbers: KeyNumbers | null } | null = null;

  /** The first `length` keys in numbers; null where `columnOf` has to be asked. */
  numbersOf(keys: KeyColumn, length: number): KeyNumbers | null {
    if (this.#known?.keys !== keys) this.#known = { keys, numbers: this.#numbersOf(keys, length) };
    return this.#known.numbers;
  }

  #numbersOf(keys: KeyColumn, length: number): KeyNumbers | null {
    if (keys.integers !== null) return this.#accepts("float64") ? { parts: [keys.integers], isTuple: false } : null;
    const parts = tupleParts(keys, length);
    if (parts === null) return null;
    this.#kind = "json";
    return { parts, isTuple: true };
  }

  /** The keys of `rows`; those in json cells are frozen. */
  columnOf(keys: KeyColumn, rows: Int32Array): Column {
    const values = valuesOf(keys, rows);
    switch (this.#kindFor(values)) {
      case "float64":
        return { kind: "float64", presence: null, values: Float64Array.from(values as number[]) };
      case "boolean":
        return { kind: "boolean", presence: null, values: Uint8Array.from(values, Number) };
      case "utf8":
        return stringColumn(values as string[]);
      default:
        return { kind: "json", presence: null, values };
    }
  }

  #kindFor(values: readonly unknown[]): Field["kind"] {
    for (const value of values) if (!this.#accepts(kindOf(value))) break;
    return this.#kind ?? "json";
  }

  /** False, and json from now on, where a key is of another kind than those before. */
  #accepts(kind: Field["kind"]): boolean {
    if (this.#kind === kind) return true;
    const isFirst = this.#kind === null;
    this.#kind = isFirst ? kind : "json";
    return isFirst;
  }
}

/** Each row's key is made once: its changes stand side by side, and equal strings of a key column share their bytes. */
function valuesOf(keys: KeyColumn, rows: Int32Array): unknown[] {
  const values = new Array<unknown>(rows.length);
  const { integers } = keys;
  if (integers !== null) {
    for (let i = 0; i < rows.length; i++) values[i] = integers[rows[i] as number];
    return values;
  }
  const { bytes, offsets, lengths } = keys;
  const known = new Map<number, unknown>();
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const offset = offsets[row] as number;
    let key = known.get(offset);
    if (key === undefined) {
      key = Object.freeze(decodeKey(bytes.subarray(offset, offset + (lengths[row] as number))));
      known.set(offset, key);
    }
    values[i] = key;
  }
  return values;
}
