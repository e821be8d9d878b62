import { assert } from "../foundation/assert.ts";
import { cellOf } from "./cell.ts";
import type { Column, JsonColumn } from "./column.ts";

/**
 * A json column of `rows` arrays of equal length, given by the columns of their parts, which lack no cell. An array is made of a row only where
 * somebody reads it as a value; it is frozen, as its row has it for all readers.
 */
export function tupleColumn(parts: readonly Column[], rows: number): JsonColumn {
  assert(
    parts.every(({ presence }) => presence === null),
    "a part of a tuple cannot be absent",
  );
  return new TupleColumn(parts, rows);
}

/** What is no field of the object is not taken over where a column is spread into another one. */
class TupleColumn implements JsonColumn {
  readonly kind = "json";
  readonly presence = null;
  readonly #parts: readonly Column[];
  readonly #rows: number;
  #values: unknown[] | null = null;

  constructor(parts: readonly Column[], rows: number) {
    this.#parts = parts;
    this.#rows = rows;
  }

  get parts(): readonly Column[] {
    return this.#parts;
  }

  get values(): unknown[] {
    return (this.#values ??= tuples(this.#parts, this.#rows));
  }
}

function tuples(parts: readonly Column[], rows: number): unknown[] {
  const values = new Array<unknown>(rows);
  for (let row = 0; row < rows; row++) {
    const tuple = new Array<unknown>(parts.length);
    for (let part = 0; part < parts.length; part++) tuple[part] = cellOf(parts[part] as Column, row);
    values[row] = Object.freeze(tuple);
  }
  return values;
}
