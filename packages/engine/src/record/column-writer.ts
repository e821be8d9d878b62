import { PRESENCE, type Column } from "./column.ts";
import type { Field } from "./layout.ts";
import { stringColumn } from "./string-column.ts";

/** Takes the cells of one field, row by row, and hands them over as a column. */
export interface ColumnWriter {
  readonly field: Field;
  /** Whether the field can hold the value and give it back unchanged. */
  accepts(value: unknown): boolean;
  /** Writes an accepted value; rows come in order, but may begin again at a lower one, which forgets the later ones. */
  write(row: number, value: unknown): void;
  /** Makes room for `rows` rows in all; never shrinks. */
  reserve(rows: number): void;
  /** Hands the column over with whatever was written; the writer starts anew. */
  take(): Column;
}

/** The writer of a field's kind. `dictionary` columns intern what they are given. */
export function columnWriter(field: Field): ColumnWriter {
  switch (field.kind) {
    case "int32":
      return new NumberWriter(
        field,
        (rows) => new Int32Array(rows),
        isInt32,
        (presence, values) => ({ kind: "int32", presence, values }),
      );
    case "float64":
      return new NumberWriter(
        field,
        (rows) => new Float64Array(rows),
        isNumber,
        (presence, values) => ({ kind: "float64", presence, values }),
      );
    case "boolean":
      return new BooleanWriter(field);
    case "utf8":
      return new Utf8Writer(field);
    case "dictionary":
      return new DictionaryWriter(field);
    case "json":
      return new JsonWriter(field);
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

/** True for numbers that an Int32Array gives back unchanged; -0 is none, as 0 would come back. */
export function isInt32(value: unknown): boolean {
  return typeof value === "number" && (value | 0) === value && (value !== 0 || !Object.is(value, -0));
}

/** Notes which cells are null or absent; no array as long as none is. */
class PresenceWriter {
  #codes: Uint8Array | null = null;
  #rows = 0;

  /** The presence code of a value of a field, `present` where the column itself holds it. */
  static code(field: Field, value: unknown): number {
    if (value === null) return field.nullable ? PRESENCE.null : PRESENCE.present;
    return value === undefined && field.optional ? PRESENCE.absent : PRESENCE.present;
  }

  note(row: number, code: number): void {
    if (this.#codes === null) {
      if (code === PRESENCE.present) return;
      this.#codes = new Uint8Array(this.#rows);
    }
    this.#codes[row] = code;
  }

  reserve(rows: number): void {
    this.#rows = rows;
    if (this.#codes !== null && this.#codes.length < rows) this.#codes = grown(this.#codes, new Uint8Array(rows));
  }

  take(): Uint8Array | null {
    const codes = this.#codes;
    this.#codes = null;
    this.#rows = 0;
    return codes;
  }
}

/** What every writer does about null and absent cells; `holds` and `put` see the values of the kind only. */
abstract class CellWriter implements ColumnWriter {
  readonly field: Field;
  readonly #presence = new PresenceWriter();

  constructor(field: Field) {
    this.field = field;
  }

  accepts(value: unknown): boolean {
    if (PresenceWriter.code(this.field, value) !== PRESENCE.present) return true;
    return this.holds(value);
  }

  write(row: number, value: unknown): void {
    const code = PresenceWriter.code(this.field, value);
    this.#presence.note(row, code);
    this.put(row, code === PRESENCE.present ? value : this.blank);
  }

  reserve(rows: number): void {
    this.#presence.reserve(rows);
    this.resize(rows);
  }

  take(): Column {
    return this.finish(this.#presence.take());
  }

  /** Stands in a null or absent cell. */
  protected abstract readonly blank: unknown;
  protected abstract holds(value: unknown): boolean;
  protected abstract put(row: number, value: unknown): void;
  protected abstract resize(rows: number): void;
  protected abstract finish(presence: Uint8Array | null): Column;
}

class NumberWriter<A extends Int32Array | Float64Array> extends CellWriter {
  protected readonly blank = 0;
  readonly #make: (rows: number) => A;
  readonly #isHeld: (value: unknown) => boolean;
  readonly #column: (presence: Uint8Array | null, values: A) => Column;
  #values: A;

  constructor(
    field: Field,
    make: (rows: number) => A,
    isHeld: (value: unknown) => boolean,
    column: (presence: Uint8Array | null, values: A) => Column,
  ) {
    super(field);
    this.#make = make;
    this.#isHeld = isHeld;
    this.#column = column;
    this.#values = make(0);
  }

  protected holds(value: unknown): boolean {
    return this.#isHeld(value);
  }

  protected put(row: number, value: unknown): void {
    this.#values[row] = value as number;
  }

  protected resize(rows: number): void {
    if (this.#values.length < rows) this.#values = grown(this.#values, this.#make(rows));
  }

  protected finish(presence: Uint8Array | null): Column {
    const values = this.#values;
    this.#values = this.#make(0);
    return this.#column(presence, values);
  }
}

class BooleanWriter extends CellWriter {
  protected readonly blank = false;
  #values = new Uint8Array(0);

  protected holds(value: unknown): boolean {
    return typeof value === "boolean";
  }

  protected put(row: number, value: unknown): void {
    this.#values[row] = value === true ? 1 : 0;
  }

  protected resize(rows: number): void {
    if (this.#values.length < rows) this.#values = grown(this.#values, new Uint8Array(rows));
  }

  protected finish(presence: Uint8Array | null): Column {
    const values = this.#values;
    this.#values = new Uint8Array(0);
    return { kind: "boolean", presence, values };
  }
}

/** Keeps JS strings as they are: a string that never leaves the thread is never encoded. */
class Utf8Writer extends CellWriter {
  protected readonly blank = "";
  #strings: (string | undefined)[] = [];

  protected holds(value: unknown): boolean {
    return typeof value === "string";
  }

  protected put(row: number, value: unknown): void {
    this.#strings[row] = value as string;
  }

  protected resize(): void {
    // A JS array grows by itself.
  }

  protected finish(presence: Uint8Array | null): Column {
    const strings = this.#strings;
    this.#strings = [];
    return stringColumn(strings, presence);
  }
}

const DICTIONARY_MAX = 4_096;

/** Entries are kept from batch to batch, so that equal strings stay the same string; the set is small and known (an enum). */
class DictionaryWriter extends CellWriter {
  protected readonly blank = "";
  #values = new Int32Array(0);
  readonly #entries: string[] = [];
  readonly #ids = new Map<string, number>();

  protected holds(value: unknown): boolean {
    return typeof value === "string";
  }

  protected put(row: number, value: unknown): void {
    const text = value as string;
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#entries.push(text) - 1;
      this.#ids.set(text, id);
    }
    this.#values[row] = id;
  }

  protected resize(rows: number): void {
    if (this.#values.length < rows) this.#values = grown(this.#values, new Int32Array(rows));
  }

  protected finish(presence: Uint8Array | null): Column {
    const values = this.#values;
    this.#values = new Int32Array(0);
    const dictionary = [...this.#entries];
    if (dictionary.length > DICTIONARY_MAX) {
      // Unvalidated input may hold anything in an enum's place; it must not grow this without bound.
      this.#entries.length = 0;
      this.#ids.clear();
    }
    return { kind: "dictionary", presence, values, dictionary };
  }
}

class JsonWriter extends CellWriter {
  protected readonly blank = undefined;
  #values: unknown[] = [];

  protected holds(): boolean {
    return true;
  }

  protected put(row: number, value: unknown): void {
    this.#values[row] = value;
  }

  protected resize(): void {
    // A JS array grows by itself.
  }

  protected finish(presence: Uint8Array | null): Column {
    const values = this.#values;
    this.#values = [];
    return { kind: "json", presence, values };
  }
}

function grown<A extends Uint8Array | Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
