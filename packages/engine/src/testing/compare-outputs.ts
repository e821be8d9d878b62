import { isPlainObject } from "./reference/row.ts";
import { valuesEqual, valueText, type EqualityOptions } from "./values-equal.ts";

export interface CompareOptions extends EqualityOptions {
  /**
   * What the order of records is promised for; default the field `key` of a record, "" where it has none. `null`: no order is
   * promised, outputs are compared as multisets.
   */
  readonly keyOf?: ((record: unknown) => unknown) | null;
  /** Rows of each kind that a report shows; default 3. */
  readonly shown?: number;
}

/** How an output differs from what was expected; empty lists where it does not. */
export interface OutputDifference {
  readonly equal: boolean;
  readonly missing: readonly unknown[];
  readonly extra: readonly unknown[];
  /** Keys whose records are all there, in another order. */
  readonly outOfOrder: readonly unknown[];
  /** The first rows of each kind, for people; "" if equal. */
  readonly report: string;
}

/**
 * Compares an output with the expected one: per key the same records in the same order, and nothing else. The order across keys
 * is promised by nobody and does not matter.
 */
export function compareOutputs(
  actual: readonly unknown[],
  expected: readonly unknown[],
  options: CompareOptions = {},
): OutputDifference {
  const keyOf = options.keyOf === undefined ? fieldKey : options.keyOf;
  const got = byKey(actual, keyOf);
  const wanted = byKey(expected, keyOf);
  const missing: unknown[] = [];
  const extra: unknown[] = [];
  const outOfOrder: unknown[] = [];
  for (const identity of new Set([...wanted.keys(), ...got.keys()])) {
    const { key, records } = wanted.get(identity) ?? { key: got.get(identity)?.key, records: [] };
    const actualRecords = got.get(identity)?.records ?? [];
    if (valuesEqual(actualRecords, records, options)) continue;
    const difference = multisetDifference(actualRecords, records, options);
    missing.push(...difference.missing);
    extra.push(...difference.extra);
    if (difference.missing.length + difference.extra.length === 0 && keyOf !== null) outOfOrder.push(key);
  }
  const report = [
    section("missing", missing, options),
    section("extra", extra, options),
    outOfOrder.length === 0 ? "" : orderSection(outOfOrder[0], got, wanted),
  ].filter((text) => text !== "");
  return { equal: report.length === 0, missing, extra, outOfOrder, report: report.join("\n") };
}

interface Group {
  readonly key: unknown;
  readonly records: unknown[];
}

function fieldKey(record: unknown): unknown {
  return isPlainObject(record) && "key" in record ? record["key"] : "";
}

function byKey(records: readonly unknown[], keyOf: ((record: unknown) => unknown) | null): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const record of records) {
    const key = keyOf === null ? "" : keyOf(record);
    const identity = valueText(key);
    const group = groups.get(identity) ?? { key, records: [] };
    group.records.push(record);
    groups.set(identity, group);
  }
  return groups;
}

/** Pairs equal records off; what is left on either side. */
function multisetDifference(
  actual: readonly unknown[],
  expected: readonly unknown[],
  options: EqualityOptions,
): { missing: readonly unknown[]; extra: readonly unknown[] } {
  const left = new Map<string, unknown[]>();
  for (const record of actual) left.set(valueText(record), [...(left.get(valueText(record)) ?? []), record]);
  const unpaired: unknown[] = [];
  for (const record of expected) {
    const same = left.get(valueText(record));
    if (same === undefined || same.length === 0) unpaired.push(record);
    else same.pop();
  }
  // Texts differ where numbers do, however little: only what is left is worth looking at pair by pair.
  const extra = [...left.values()].flat();
  const missing = unpaired.filter((record) => {
    const index = extra.findIndex((other) => valuesEqual(other, record, options));
    if (index >= 0) extra.splice(index, 1);
    return index < 0;
  });
  return { missing, extra };
}

function section(what: string, records: readonly unknown[], { shown = 3 }: CompareOptions): string {
  if (records.length === 0) return "";
  const rows = records.slice(0, shown).map((record) => `\n  ${valueText(record)}`);
  const more = records.length > rows.length ? `\n  and ${records.length - rows.length} more` : "";
  return `${records.length} ${what}:${rows.join("")}${more}`;
}

/** The first place at which a key's records part. */
function orderSection(key: unknown, got: ReadonlyMap<string, Group>, wanted: ReadonlyMap<string, Group>): string {
  const actual = got.get(valueText(key))?.records ?? [];
  const expected = wanted.get(valueText(key))?.records ?? [];
  const at = actual.findIndex((record, index) => valueText(record) !== valueText(expected[index]));
  return `out of order for key ${valueText(key)} at its record ${at}:\n  got      ${valueText(actual[at])}\n  expected ${valueText(expected[at])}`;
}
