import type { Column } from "./column.ts";
import { columnWriter, type ColumnWriter } from "./column-writer.ts";
import type { Field, RecordLayout } from "./layout.ts";
import { detach, isPlainObject } from "./plain-value.ts";

/** Why a record has no place in a layout. */
export interface Misfit {
  /** Index of the field whose value does not fit; -1: the record as a whole does not (its keys, or it is no object). */
  readonly field: number;
  /** In words, beginning in lower case: `field "n" must be a number, not a string`. */
  readonly message: string;
}

const FIRST_ROWS = 32;

/** Takes records into the columns of one layout. */
export interface RecordSink {
  readonly layout: RecordLayout;
  /** Rows taken since the last `take`. */
  readonly length: number;
  /** Null: taken; else nothing was. */
  append(record: unknown): Misfit | null;
  /** Forgets the rows from `length` on. */
  truncate(length: number): void;
  /** Hands over the columns of the rows taken and starts anew. */
  take(): readonly Column[];
}

/**
 * Takes records into the columns of one layout. A record that does not fit is refused whole and leaves no trace. Record
 * views inside of what is written are copied, so the columns hold nothing that goes stale.
 *
 * `declared` takes the declared fields of an object, in whatever order they stand, and drops other keys. `exact` takes plain
 * objects that have the layout's fields in its order, and nothing else.
 */
export class RecordWriter implements RecordSink {
  readonly layout: RecordLayout;
  readonly #isExact: boolean;
  readonly #names: readonly string[];
  readonly #writers: readonly ColumnWriter[];
  readonly #cells: unknown[];
  #length = 0;
  #rows = 0;
  #hint = FIRST_ROWS;

  constructor(layout: RecordLayout, match: "declared" | "exact" = "declared") {
    this.layout = layout;
    this.#isExact = match === "exact";
    this.#names = layout.fields.map((field) => field.name);
    this.#writers = layout.fields.map(columnWriter);
    this.#cells = new Array(layout.fields.length);
  }

  get length(): number {
    return this.#length;
  }

  append(record: unknown): Misfit | null {
    if (this.layout.shape === "value") return this.#appendValue(record);
    return this.#isExact ? this.#appendExact(record) : this.#appendDeclared(record);
  }

  #appendDeclared(record: unknown): Misfit | null {
    if (typeof record !== "object" || record === null || Array.isArray(record)) {
      return { field: -1, message: `a record must be an object, not ${nameOf(record)}` };
    }
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i] as string;
      // Own only: a field may be named "constructor".
      const isThere = Object.hasOwn(record, name);
      if (!isThere && this.layout.fields[i]?.optional === false) {
        return { field: i, message: `field ${JSON.stringify(name)} is missing` };
      }
      this.#cells[i] = isThere ? (record as Record<string, unknown>)[name] : undefined;
    }
    return this.#writeCells();
  }

  #appendExact(record: unknown): Misfit | null {
    if (typeof record !== "object" || record === null || Array.isArray(record) || !isPlainObject(record)) {
      return { field: -1, message: `a record must be a plain object, not ${nameOf(record)}` };
    }
    const names = this.#names;
    let count = 0;
    for (const key in record) {
      if (key !== names[count]) return { field: -1, message: `the keys of records differ: ${JSON.stringify(key)}` };
      this.#cells[count++] = record[key];
    }
    if (count !== names.length)
      return { field: -1, message: `the keys of records differ: no ${JSON.stringify(names[count])}` };
    return this.#writeCells();
  }

  truncate(length: number): void {
    this.#length = length;
  }

  take(): readonly Column[] {
    // Batches of one stream tend to be of one size, and most are far smaller than the largest.
    this.#hint = Math.max(FIRST_ROWS, this.#length);
    this.#length = 0;
    this.#rows = 0;
    return this.#writers.map((writer) => writer.take());
  }

  #appendValue(record: unknown): Misfit | null {
    if (record === undefined) return { field: -1, message: "a record cannot be undefined" };
    this.#cells[0] = record;
    return this.#writeCells();
  }

  #writeCells(): Misfit | null {
    const writers = this.#writers;
    const cells = this.#cells;
    for (let i = 0; i < writers.length; i++) {
      const writer = writers[i] as ColumnWriter;
      if (!writer.accepts(cells[i])) {
        return {
          field: i,
          message: `field ${JSON.stringify(writer.field.name)} must be ${wordsFor(writer.field)}, not ${nameOf(cells[i])}`,
        };
      }
      if (writer.field.kind === "json") cells[i] = detach(cells[i]);
    }
    const row = this.#length;
    if (row === this.#rows) this.#grow();
    for (let i = 0; i < writers.length; i++) (writers[i] as ColumnWriter).write(row, cells[i]);
    this.#length = row + 1;
    cells.fill(undefined);
    return null;
  }

  #grow(): void {
    this.#rows = this.#rows === 0 ? this.#hint : this.#rows * 2;
    for (const writer of this.#writers) writer.reserve(this.#rows);
  }
}

const WORDS: Readonly<Record<Field["kind"], string>> = {
  int32: "a 32-bit integer",
  float64: "a number",
  boolean: "a boolean",
  utf8: "a string",
  dictionary: "a string",
  json: "any value",
};

function wordsFor(field: Field): string {
  return WORDS[field.kind] + (field.nullable ? " or null" : "") + (field.optional ? ", or absent" : "");
}

/** A value in few words, for messages. */
function nameOf(value: unknown): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `the number ${value}`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
