/** How alike two values must be to count as equal. */
export interface EqualityOptions {
  /** Numbers that differ by no more than this part of the larger one are equal; default 0: exactly. */
  readonly relativeTolerance?: number;
  /** True: -0 and 0 differ. Default false. */
  readonly signedZero?: boolean;
}

/**
 * Equality of records: by structure; NaN equals NaN; a field that is undefined equals one that is absent; order of fields does
 * not matter, order of elements and of map entries does.
 */
export function valuesEqual(a: unknown, b: unknown, options: EqualityOptions = {}): boolean {
  if (typeof a === "number" && typeof b === "number") return numbersEqual(a, b, options);
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && listsEqual(a, b, options);
  }
  if (a instanceof Date || b instanceof Date) {
    return a instanceof Date && b instanceof Date && Object.is(a.getTime(), b.getTime());
  }
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && listsEqual([...a], [...b], options);
  }
  if (a instanceof Map || b instanceof Map) {
    return a instanceof Map && b instanceof Map && listsEqual([...a], [...b], options);
  }
  if (a instanceof Set || b instanceof Set) {
    return a instanceof Set && b instanceof Set && listsEqual([...a], [...b], options);
  }
  return fieldsEqual(a as Record<string, unknown>, b as Record<string, unknown>, options);
}

function numbersEqual(a: number, b: number, { relativeTolerance = 0, signedZero = false }: EqualityOptions): boolean {
  if (Object.is(a, b)) return true;
  if (a === b) return !signedZero;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= relativeTolerance * Math.max(Math.abs(a), Math.abs(b));
}

function listsEqual(a: readonly unknown[], b: readonly unknown[], options: EqualityOptions): boolean {
  return a.length === b.length && a.every((each, index) => valuesEqual(each, b[index], options));
}

function fieldsEqual(a: Record<string, unknown>, b: Record<string, unknown>, options: EqualityOptions): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => valuesEqual(a[name], b[name], options));
}

/** A value as text for people and for grouping: equal values have equal texts, but for numbers within a tolerance. */
export function valueText(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return `${value}n`;
    case "number":
      return value === 0 ? "0" : String(value);
    case "string":
      return JSON.stringify(value);
    case "object":
      return value === null ? "null" : objectText(value);
    default:
      return String(value);
  }
}

function objectText(value: object): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (value instanceof Date) return `Date(${Number.isNaN(value.getTime()) ? "invalid" : value.toISOString()})`;
  if (value instanceof Uint8Array) return `Uint8Array(${[...value].join(",")})`;
  if (value instanceof Map) return `Map${valueText([...value])}`;
  if (value instanceof Set) return `Set${valueText([...value])}`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${JSON.stringify(name)}: ${valueText(field)}`)
    .sort();
  return `{ ${fields.join(", ")} }`;
}
