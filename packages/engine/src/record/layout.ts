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

let nextId = 1;
const interned = new Map<string, RecordLayout>();

/** The one struct layout of these fields, in this order. A record without fields is a struct too. */
export function layoutOf(fields: readonly Field[]): RecordLayout {
  return intern("struct", fields);
}

/** Layout of records that have no columns of their own: one json column "value" holds the whole record. */
export const VALUE_LAYOUT: RecordLayout = intern("value", [
  { name: "value", kind: "json", nullable: false, optional: false },
]);

function intern(shape: RecordLayout["shape"], fields: readonly Field[]): RecordLayout {
  const identity = JSON.stringify([
    shape,
    fields.map(({ name, kind, nullable, optional }) => [name, kind, nullable, optional]),
  ]);
  const known = interned.get(identity);
  if (known !== undefined) return known;
  const layout: RecordLayout = Object.freeze({
    id: nextId++,
    shape,
    fields: Object.freeze(
      fields.map(({ name, kind, nullable, optional }) => Object.freeze({ name, kind, nullable, optional })),
    ),
  });
  interned.set(identity, layout);
  return layout;
}
