import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "./batch-builder.ts";
import type { RecordBatch } from "./batch.ts";
import { compileDriver } from "./driver.ts";
import type { DriverStep } from "./driver-step.ts";
import { recordOf } from "./row-copy.ts";

type Row = { readonly n?: unknown };

const numberOf = (r: unknown): number => {
  const n = typeof r === "number" ? r : Number((r as Row | null)?.n ?? 0);
  return Number.isFinite(n) ? Math.trunc(n) : 0;
};

/** Functions that do all that users' do; each is a step with its name, for a readable counterexample. */
const STEPS: Readonly<Record<string, { kind: DriverStep["kind"]; fn: (r: unknown) => unknown }>> = {
  keepEven: { kind: "filter", fn: (r) => numberOf(r) % 2 === 0 },
  keepTruthy: { kind: "filter", fn: (r) => (r as Row)?.n },
  filterThrows: { kind: "filter", fn: (r) => (numberOf(r) % 5 === 3 ? fail("filter") : true) },
  same: { kind: "map", fn: (r) => r },
  spread: { kind: "map", fn: (r) => (typeof r === "object" ? { ...r, extra: "e" } : { n: r }) },
  wrap: { kind: "map", fn: (r) => ({ n: numberOf(r), inner: r, list: [r] }) },
  unwrap: { kind: "map", fn: (r) => (typeof r === "object" && r !== null && "inner" in r ? r.inner : r) },
  toNumber: { kind: "map", fn: (r) => numberOf(r) },
  changing: { kind: "map", fn: (r) => (numberOf(r) % 3 === 0 ? { n: String(numberOf(r)) } : { n: numberOf(r) }) },
  mapThrows: { kind: "map", fn: (r) => (numberOf(r) % 4 === 1 ? fail("map") : r) },
  mapUndefined: { kind: "map", fn: (r) => (numberOf(r) % 7 === 2 ? undefined : r) },
  twice: { kind: "flatMap", fn: (r) => [r, { n: numberOf(r) + 1 }] },
  none: { kind: "flatMap", fn: (r) => (numberOf(r) % 2 === 0 ? [] : [r]) },
  throwsHalfway: {
    kind: "flatMap",
    *fn(r) {
      yield r;
      if (numberOf(r) % 3 === 1) fail("flatMap");
      yield numberOf(r);
    },
  },
  notIterable: { kind: "flatMap", fn: (r) => (numberOf(r) % 6 === 4 ? 5 : [r]) },
};

function fail(what: string): never {
  throw new Error(what);
}

interface Outcome {
  /** Records with their timestamps, in order. */
  readonly rows: unknown[];
  /** Step and entered record of each failure, sorted: stages fail one after the other, steps of a record too. */
  readonly failures: string[];
}

/** The meaning: one record at a time, step by step; a failing step loses the record that entered it. */
function interpret(names: readonly string[], records: readonly unknown[]): Outcome {
  const outcome: Outcome = { rows: [], failures: [] };
  const push = (record: unknown, index: number, timestamp: number): void => {
    const step = STEPS[names[index] ?? ""];
    if (step === undefined) return void outcome.rows.push({ record, timestamp });
    let results: unknown[];
    try {
      const result = step.fn(record);
      if (step.kind === "filter") results = result ? [record] : [];
      else results = step.kind === "map" ? [result] : [...(result as Iterable<unknown>)];
      if (results.includes(undefined)) fail("undefined");
    } catch {
      outcome.failures.push(JSON.stringify([index, record, timestamp]));
      return;
    }
    for (const result of results) push(result, index + 1, timestamp);
  };
  records.forEach((record, i) => push(structuredClone(record), 0, i));
  outcome.failures.sort();
  return outcome;
}

function drive(
  names: readonly string[],
  records: readonly unknown[],
  mode: { debug: boolean; codeGeneration: boolean },
): Outcome {
  const outcome: Outcome = { rows: [], failures: [] };
  const driver = compileDriver(
    names.map((name) => STEPS[name] as DriverStep),
    mode,
  );
  const run = (batch: RecordBatch): void => {
    driver.run(
      batch,
      (out) => {
        for (let i = 0; i < out.length; i++)
          outcome.rows.push({ record: recordOf(out, i), timestamp: out.timestamps[i] });
      },
      (_, { batch: at, row, step, record }) =>
        outcome.failures.push(JSON.stringify([step, record, at.timestamps[row]])),
    );
  };
  const builder = new BatchBuilder({ layout: null, emit: run });
  for (const [i, record] of records.entries()) {
    builder.append(record, { timestamp: i, watermark: 0 });
    if (i % 7 === 6) builder.flush();
  }
  builder.flush();
  outcome.failures.sort();
  return outcome;
}

const record = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      { n: fc.integer({ min: 0, max: 30 }), s: fc.constantFrom("x", "y") },
      { noNullPrototype: true },
    ),
  },
  { weight: 1, arbitrary: fc.record({ n: fc.constantFrom(null, "4", [1]) }, { noNullPrototype: true }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 }) },
);

test("a driver does what its steps mean, one record at a time, in every mode", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...Object.keys(STEPS)), { maxLength: 9 }),
      fc.array(record, { maxLength: 20 }),
      (names, records) => {
        const expected = interpret(names, records);
        for (const debug of [false, true]) {
          for (const codeGeneration of [true, false]) {
            assert.deepStrictEqual(drive(names, records, { debug, codeGeneration }), expected);
          }
        }
      },
    ),
    { numRuns: 150 },
  );
});
