import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_WATERMARK } from "../time/watermark.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { collectAggregate } from "./aggregates/collect.ts";
import { customAggregate } from "./aggregates/custom.ts";
import { quantileAggregate } from "./aggregates/quantile.ts";
import { sumAggregate } from "./aggregates/sum.ts";
import { rec, runScript, watermark, type ScriptElement, type ScriptResult } from "./operator-script.test-only.ts";
import { SessionOperator } from "./session-operator.ts";

interface Value {
  readonly k: string;
  readonly v: number;
}
const v = (k: string, value: number): Value => ({ k, v: value });
const SUM = { sum: sumAggregate((r: Value) => r.v) } as NamedAggregates;

function runSession(
  script: readonly ScriptElement[],
  options: { aggregates?: NamedAggregates; allowedLatenessMs?: number; hasLate?: boolean } = {},
): ScriptResult {
  const { aggregates = SUM, allowedLatenessMs = 0, hasLate = true } = options;
  return runScript({
    make: (context) => new SessionOperator(context, { gapMs: 10, aggregates, allowedLatenessMs }),
    script,
    hasLate,
  });
}

const results = ({ rows }: ScriptResult): string[] =>
  rows.map(({ value }) => {
    const { key, window, revision, sum } = value as {
      key: string;
      window: { start: number; end: number };
      revision: number;
      sum: number;
    };
    return `${key} ${window.start}-${window.end} #${revision}: ${sum}`;
  });

test("a session ends a gap after its last record; records exactly a gap apart are one session", () => {
  const result = runSession([
    rec(v("a", 1), 0),
    rec(v("a", 2), 10),
    rec(v("a", 4), 21),
    watermark(18),
    watermark(19),
    watermark(30),
  ]);
  assert.deepEqual(results(result), ["a 0-20 #0: 3", "a 21-31 #0: 4"]);
  assert.deepEqual(
    result.rows.map(({ time, watermark: before }) => [time, before]),
    [
      [19, 18],
      [30, 29],
    ],
  );
  assert.equal(result.keys, 0);
});

test("a record between two sessions joins them", () => {
  const result = runSession([
    rec(v("a", 1), 0),
    rec(v("a", 2), 20),
    rec(v("b", 8), 3),
    rec(v("a", 4), 10),
    watermark(MAX_WATERMARK),
  ]);
  assert.deepEqual(results(result).sort(), ["a 0-30 #0: 7", "b 3-13 #0: 8"]);
});

test("sessions of all keys fire in order of end", () => {
  const result = runSession([rec(v("b", 1), 50), rec(v("a", 2), 30), rec(v("a", 3), 0), watermark(MAX_WATERMARK)]);
  assert.deepEqual(results(result), ["a 0-10 #0: 3", "a 30-40 #0: 2", "b 50-60 #0: 1"]);
});

test("a late record that reaches a fired session's time gives the next revision at once", () => {
  const result = runSession([rec(v("a", 1), 5), watermark(20), rec(v("a", 2), 4), watermark(40)], {
    allowedLatenessMs: 20,
  });
  assert.deepEqual(results(result), ["a 5-15 #0: 1", "a 4-15 #1: 3"]);
  assert.equal(result.keys, 0);
});

test("a fired session that grows beyond the watermark waits for its new end", () => {
  const result = runSession([rec(v("a", 1), 5), watermark(14), rec(v("a", 2), 14), watermark(22), watermark(23)], {
    allowedLatenessMs: 20,
  });
  assert.deepEqual(results(result), ["a 5-15 #0: 1", "a 5-24 #1: 3"]);
  assert.deepEqual(
    result.rows.map(({ watermark: before }) => before),
    [13, 22],
  );
});

test("joined sessions go on from the highest revision", () => {
  const script = [
    rec(v("a", 1), 0),
    watermark(9),
    rec(v("a", 2), 0),
    rec(v("a", 4), 2),
    rec(v("a", 8), 20),
    watermark(29),
    rec(v("a", 16), 12),
    watermark(MAX_WATERMARK),
  ];
  const result = runSession(script, { allowedLatenessMs: 100 });
  // The third record moves the end to 12, which has not come yet.
  assert.deepEqual(results(result), ["a 0-10 #0: 1", "a 0-10 #1: 3", "a 0-12 #2: 7", "a 20-30 #0: 8", "a 0-30 #3: 31"]);
});

test("a record is late when the session it makes or joins has been dropped", () => {
  const result = runSession(
    [rec(v("a", 1), 0), watermark(16), rec(v("a", 2), 2), rec(v("a", 4), 5), watermark(MAX_WATERMARK)],
    { allowedLatenessMs: 5 },
  );
  assert.deepEqual(results(result), ["a 0-10 #0: 1", "a 5-15 #0: 4"]);
  assert.deepEqual(
    result.late.map(({ value }) => value),
    [v("a", 2)],
  );
  assert.deepEqual(runSession([watermark(100), rec(v("a", 1), 0)], { hasLate: false }).counts, { "late-dropped": 1 });
});

test("a late record that joins a session that is not dropped is not late", () => {
  const result = runSession([rec(v("a", 1), 12), watermark(15), rec(v("a", 2), 4), watermark(MAX_WATERMARK)]);
  assert.deepEqual(results(result), ["a 4-22 #0: 3"]);
});

test("accumulators of every kind survive, earlier sessions come first", () => {
  const aggregates = {
    all: collectAggregate((r: Value) => r.v, 10),
    median: quantileAggregate((r: Value) => r.v, 0.5),
  } as NamedAggregates;
  const { rows } = runSession([rec(v("a", 3), 20), rec(v("a", -1), 0), rec(v("a", 2), 10), watermark(MAX_WATERMARK)], {
    aggregates,
  });
  const { all, median } = rows[0]?.value as { all: number[]; median: number };
  assert.deepEqual(all, [-1, 2, 3]);
  assert.ok(Math.abs(median - 2) < 0.03);
});

test("a custom aggregate that throws leaves the sessions as they were", () => {
  const picky = customAggregate({
    create: () => [] as number[],
    add: (seen, record: Value) => {
      seen.push(record.v);
      if (record.v < 0) throw new Error("negative");
      return seen;
    },
    merge: (seen, other) => [...seen, ...other],
    result: (seen) => {
      if (seen.includes(13)) throw new Error("unlucky");
      return seen;
    },
  });
  const aggregates = { ...SUM, seen: picky } as NamedAggregates;
  const script = [
    rec(v("a", 1), 0),
    rec(v("a", 4), 20),
    rec(v("a", -2), 10),
    rec(v("b", 13), 0),
    watermark(9),
    rec(v("a", 13), 1),
    watermark(MAX_WATERMARK),
  ];
  const result = runSession(script, { aggregates, allowedLatenessMs: 10 });
  assert.deepEqual(results(result), ["a 0-10 #0: 1", "a 20-30 #0: 4"]);
  assert.deepEqual(result.errors.map(({ message, key }) => `${message} ${String(key)}`).sort(), [
    "negative a",
    "unlucky a",
    "unlucky b",
  ]);
  assert.equal(result.keys, 0);
});
