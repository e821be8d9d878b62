/**
 * How one field of a record is held: `int32`, `float64` (also times), `boolean`, `utf8` (strings),
 * `dictionary` (strings of a small known set), `json` (any other value, kept as it is within a thread,
 * encoded with the value codec when it leaves the thread).
 */
export type ColumnKind = "int32" | "float64" | "boolean" | "utf8" | "dictionary" | "json";

/** One field of a struct record. `nullable`: may be null; `optional`: may be absent or undefined. */
export interface Field {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  readonly optional: boolean;
}

/**
 * The columns of a record. A `struct` record is a plain object with exactly these fields, in this order. A `value`
 * record is anything else: one `json` column named "value" holds it whole. Layouts are interned: two layouts with
 * the same fields are the same object, so they are compared by identity (`layoutOf`).
 */
export interface RecordLayout {
  /** Unique within the process, for generated source texts. */
  readonly id: number;
  readonly shape: "struct" | "value";
  readonly fields: readonly Field[];
}
