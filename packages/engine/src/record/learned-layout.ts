import { type Field, layoutOf, type RecordLayout, VALUE_LAYOUT } from "./layout.ts";
import { isPlainObject } from "./plain-value.ts";
import type { Misfit } from "./record-writer.ts";

/** The most columns a layout is given; an object with more keys is rather a map, and is held whole. */
export const FIELDS_MAX = 256;

/**
 * The layout of records such as `record`, a first row: a column per key in key order by the type of its value, `json` for
 * null and whatever is no number, boolean or string. VALUE_LAYOUT for what is no plain object, and for keys that columns cannot keep in order.
 */
export function learnLayout(record: unknown): RecordLayout {
  if (typeof record !== "object" || record === null || Array.isArray(record) || !isPlainObject(record))
    return VALUE_LAYOUT;
  const names = Object.keys(record);
  if (names.length > FIELDS_MAX || names.some(isOddName) || hasSymbolKey(record)) return VALUE_LAYOUT;
  return layoutOf(names.map((name) => ({ name, kind: kindOf(record[name]), nullable: false, optional: false })));
}

/** The layout that takes the place of `layout` once a record did not fit: the one field becomes json, or all become one value. */
export function widenLayout(layout: RecordLayout, misfit: Misfit): RecordLayout {
  if (misfit.field < 0) return VALUE_LAYOUT;
  return layoutOf(
    layout.fields.map((field, index) =>
      index === misfit.field ? { ...field, kind: "json", nullable: false, optional: false } : field,
    ),
  );
}

/** Names that an object literal or the order of keys treats in a way of its own. */
export function isOddName(name: string): boolean {
  return name === "__proto__" || /^\d+$/.test(name);
}

function hasSymbolKey(record: object): boolean {
  return Object.getOwnPropertySymbols(record).some((symbol) =>
    Object.prototype.propertyIsEnumerable.call(record, symbol),
  );
}

/** The kind of a column learned from a value. */
export function kindOf(value: unknown): Field["kind"] {
  switch (typeof value) {
    case "number":
      return "float64";
    case "boolean":
      return "boolean";
    case "string":
      return "utf8";
    default:
      return "json";
  }
}
