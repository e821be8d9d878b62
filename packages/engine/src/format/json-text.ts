import { TidemarkError } from "../foundation/error.ts";

/**
 * One line of JSON for any value of a record. As JSON.stringify, but nothing is lost in silence: NaN and the infinities are the strings
 * "NaN", "Infinity" and "-Infinity", a bigint is its decimal digits in a string, a Map is an array of pairs, a Set and a typed
 * array are arrays, an invalid Date is "Invalid Date". -0 is 0, undefined in an object is absent, elsewhere null. TM_RECORD for cycles
 * and for nesting beyond what JSON.stringify can do.
 */
export function jsonText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
    case "boolean":
      return value ? "true" : "false";
    default:
      return objectText(value);
  }
}

function objectText(value: unknown): string {
  if (value === null) return "null";
  try {
    return (JSON.stringify(value, exact) as string | undefined) ?? "null";
  } catch (error) {
    throw new TidemarkError(
      "TM_RECORD",
      "a record cannot be written as JSON: it has a cycle, is nested too deeply, or its toJSON threw",
      {
        cause: error,
      },
    );
  }
}

function exact(this: unknown, name: string, value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return String(value);
    case "object":
      if (value instanceof Map) return [...value];
      if (value instanceof Set) return [...value];
      if (ArrayBuffer.isView(value) && Symbol.iterator in value)
        return [...(value as Iterable<unknown> & ArrayBufferView)];
      // A Date comes as what its toJSON gave: null if it is invalid.
      return value === null && isInvalidDate((this as Record<string, unknown>)[name]) ? "Invalid Date" : value;
    default:
      return value;
  }
}

function isInvalidDate(value: unknown): boolean {
  return value instanceof Date && Number.isNaN(value.getTime());
}
