import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_WATERMARK } from "../time/watermark.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { collectAggregate } from "./aggregates/collect.ts";
import { countAggregate } from "./aggregates/count.ts";
import { customAggregate } from "./aggregates/custom.ts";
import { sumAggregate } from "./aggregates/sum.ts";
import { rec, runScript, watermark, type ScriptElement, type ScriptResult } from "./operator-script.test-only.ts";
import type { AlignedWindowSpec } from "./pane-windows.ts";
import { WindowOperator } from "./window-operator.ts";

interface Value {
  readonly k: string;
  readonly v: number;
}
const TUMBLING: AlignedWindowSpec = { kind: "tumbling", sizeMs: 10, offsetMs: 0 };
const HOPPING: AlignedWindowSpec = { kind: "hopping", sizeMs: 10, slideMs: 5, offsetMs: 0 };
const CUMULATE: AlignedWindowSpec = { kind: "cumulate", sizeMs: 10, stepMs: 5, offsetMs: 0 };
const SUM = { sum: sumAggregate((r: Value) => r.v) } as NamedAggregates;

function runWindow(
  window: AlignedWindowSpec,
  script: readonly ScriptElement[],
  options: { aggregates?: NamedAggregates; allowedLatenessMs?: number; hasLate?: boolean } = {},
): ScriptResult {
  const { aggregates = SUM, allowedLatenessMs = 0, hasLate = true } = options;
  return runScript({
    make: (context) => new WindowOperator(context, { window, aggregates, allowedLatenessMs }),
    script,
    hasLate,
  });
}

const v = (k: string, value: number): Value => ({ k, v: value });
/** "key start-end #revision: sum" */
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

test("a tumbling window fires once the watermark has reached its last millisecond", () => {
  const result = runWindow(TUMBLING, [
    rec(v("a", 1), 0),
    rec(v("a", 2), 9),
    rec(v("b", 3), 5),
    rec(v("a", 4), 10),
    watermark(8),
    watermark(9),
    watermark(15),
  ]);
  assert.deepEqual(results(result).sort(), ["a 0-10 #0: 3", "b 0-10 #0: 3"]);
  assert.deepEqual(
    result.rows.map(({ time, watermark: before }) => [time, before]),
    [
      [9, 8],
      [9, 8],
    ],
  );
  assert.deepEqual(result.watermarks, [8, 9, 15]);
  assert.equal(result.keys, 1);
});

test("results have plain keys of their kind and one frozen window for all keys of a firing", () => {
  const { rows } = runScript({
    make: (context) =>
      new WindowOperator(context, {
        window: TUMBLING,
        aggregates: { n: countAggregate() } as NamedAggregates,
        allowedLatenessMs: 0,
      }),
    script: [rec({ k: 7 }, 1), rec({ k: -0 }, 1), watermark(MAX_WATERMARK)],
  });
  const values = rows.map((row) => row.value as { key: number; window: object; n: number });
  assert.deepEqual(
    values.map(({ key, n }) => [key, n]),
    [
      [7, 1],
      [0, 1],
    ],
  );
  assert.equal(values[0]?.window, values[1]?.window);
  assert.ok(Object.isFrozen(values[0]?.window));
});

test("everything fires at the end and nothing is left", () => {
  for (const window of [TUMBLING, HOPPING, CUMULATE]) {
    const result = runWindow(window, [rec(v("a", 1), 3), rec(v("b", 1), 27), watermark(MAX_WATERMARK)], {
      allowedLatenessMs: 100,
    });
    assert.equal(result.keys, 0);
    assert.deepEqual(result.watermarks, [MAX_WATERMARK]);
    assert.ok(result.rows.length >= 2);
  }
});

test("hopping windows share panes, fire in order of end, and not again after a restore", () => {
  const result = runWindow(HOPPING, [
    rec(v("a", 1), 2),
    rec(v("a", 2), 7),
    watermark(4),
    watermark(9),
    rec(v("a", 4), 12),
    watermark(14),
    watermark(30),
  ]);
  assert.deepEqual(results(result), ["a -5-5 #0: 1", "a 0-10 #0: 3", "a 5-15 #0: 6", "a 10-20 #0: 4"]);
  assert.equal(result.keys, 0);
});

test("several windows that are due at once fire in order of end, each before its own time", () => {
  const result = runWindow(TUMBLING, [rec(v("a", 2), 25), rec(v("a", 1), 5), watermark(100)]);
  assert.deepEqual(results(result), ["a 0-10 #0: 1", "a 20-30 #0: 2"]);
  assert.deepEqual(
    result.rows.map(({ watermark: before }) => before),
    [8, 28],
  );
});

test("cumulate windows grow to their size", () => {
  const result = runWindow(CUMULATE, [
    rec(v("a", 1), 1),
    rec(v("a", 2), 6),
    rec(v("a", 4), 11),
    watermark(MAX_WATERMARK),
  ]);
  assert.deepEqual(results(result), ["a 0-5 #0: 1", "a 0-10 #0: 3", "a 10-15 #0: 4", "a 10-20 #0: 4"]);
});

test("an offset moves the windows, also before the epoch", () => {
  const result = runWindow({ kind: "tumbling", sizeMs: 10, offsetMs: 3 }, [
    rec(v("a", 1), -8),
    rec(v("a", 2), 2),
    watermark(MAX_WATERMARK),
  ]);
  assert.deepEqual(results(result), ["a -17--7 #0: 1", "a -7-3 #0: 2"]);
});

test("a late record within the allowed lateness gives the next revision at once", () => {
  const result = runWindow(
    TUMBLING,
    [
      rec(v("a", 1), 5),
      watermark(12),
      rec(v("a", 2), 6),
      rec(v("a", 4), 7),
      rec(v("b", 9), 8),
      watermark(19),
      rec(v("a", 8), 9),
      watermark(40),
    ],
    { allowedLatenessMs: 10 },
  );
  assert.deepEqual(
    results(result).filter((line) => line.startsWith("a")),
    ["a 0-10 #0: 1", "a 0-10 #1: 3", "a 0-10 #2: 7"],
  );
  assert.deepEqual(
    results(result).filter((line) => line.startsWith("b")),
    ["b 0-10 #0: 9"],
  );
  assert.deepEqual(result.late, [{ value: v("a", 8), time: 9, watermark: 19, kind: "insert" }]);
  assert.deepEqual(
    result.rows.map(({ time, watermark: before }) => [time, before]),
    [
      [9, 8],
      [9, 12],
      [9, 12],
      [9, 12],
    ],
  );
  assert.equal(result.keys, 0);
});

test("late records without a late output are counted", () => {
  const script = [watermark(9), rec(v("a", 1), 9), rec(v("a", 1), 3)];
  assert.deepEqual(runWindow(TUMBLING, script, { hasLate: false }).counts, { "late-dropped": 2 });
  const listened = runWindow(TUMBLING, script);
  assert.equal(listened.late.length, 2);
  assert.deepEqual(listened.counts, { late: 2 });
});

test("a record that is late for one of its windows is counted in the others", () => {
  const result = runWindow(HOPPING, [watermark(9), rec(v("a", 1), 7), watermark(14)]);
  assert.deepEqual(results(result), ["a 5-15 #0: 1"]);
  assert.equal(result.late.length, 0);
});

test("with allowed lateness a late record re-fires each of its windows that has fired", () => {
  const result = runWindow(HOPPING, [rec(v("a", 1), 7), watermark(14), rec(v("a", 2), 8), watermark(MAX_WATERMARK)], {
    allowedLatenessMs: 5,
  });
  assert.deepEqual(results(result), ["a 0-10 #0: 1", "a 5-15 #0: 1", "a 5-15 #1: 3"]);
});

test("aggregates see panes in order of time", () => {
  const aggregates = { all: collectAggregate((r: Value) => r.v, 10) } as NamedAggregates;
  const { rows } = runWindow(HOPPING, [rec(v("a", 1), 7), rec(v("a", 2), 3), rec(v("a", 3), 1), watermark(9)], {
    aggregates,
  });
  assert.deepEqual((rows.at(-1)?.value as { all: number[] }).all, [2, 3, 1]);
});

test("a selector that throws, or gives no number, loses that record only", () => {
  const bad = { k: "a", v: "5" } as unknown as Value;
  const result = runWindow(TUMBLING, [rec(v("a", 1), 1), rec(bad, 2), rec(v("a", 4), 3), watermark(9)]);
  assert.deepEqual(results(result), ["a 0-10 #0: 5"]);
  assert.equal(result.errors.length, 1);
  assert.match(result.errors[0]?.message ?? "", /sum\(\) must return a finite number or NaN/);
  assert.deepEqual(result.errors[0]?.record, bad);
  assert.equal(result.errors[0]?.key, "a");
});

test("a custom aggregate that throws leaves every aggregate as it was", () => {
  const picky = customAggregate({
    create: () => ({ seen: [] as number[] }),
    add: (accumulator, record: Value) => {
      accumulator.seen.push(record.v);
      if (record.v < 0) throw new Error("negative");
      return accumulator;
    },
    merge: (accumulator, other) => ({ seen: [...accumulator.seen, ...other.seen] }),
    result: ({ seen }) => seen,
  });
  const aggregates = { ...SUM, seen: picky } as NamedAggregates;
  const result = runWindow(HOPPING, [rec(v("a", 1), 1), rec(v("a", -7), 6), rec(v("a", 2), 7), watermark(9)], {
    aggregates,
  });
  assert.deepEqual(
    result.rows.map(({ value }) => [(value as { sum: number }).sum, (value as { seen: number[] }).seen]),
    [
      [1, [1]],
      [3, [1, 2]],
    ],
  );
  assert.deepEqual(result.errors, [{ message: "negative", key: "a", record: v("a", -7) }]);
});

test("a custom result that throws loses the result of that window, and revisions begin with the first that is seen", () => {
  const failing = customAggregate({
    create: () => 0,
    add: (count: number) => count + 1,
    merge: (a: number, b: number) => a + b,
    result: (count: number) => {
      if (count === 1) throw new Error("too few");
      return count;
    },
  });
  const result = runWindow(
    TUMBLING,
    [rec(v("a", 1), 1), watermark(9), rec(v("a", 1), 2), rec(v("a", 1), 3), watermark(MAX_WATERMARK)],
    {
      aggregates: { n: failing } as NamedAggregates,
      allowedLatenessMs: 5,
    },
  );
  assert.deepEqual(
    result.rows.map(({ value }) => [(value as { revision: number }).revision, (value as { n: number }).n]),
    [
      [0, 2],
      [1, 3],
    ],
  );
  assert.deepEqual(result.errors, [{ message: "too few", key: "a", record: null }]);
});

test("more keys than a batch holds fire in one go", () => {
  const script = Array.from({ length: 3_000 }, (_, i) => rec(v(`key ${i}`, i), i % 10));
  const result = runScript({
    make: (context) => new WindowOperator(context, { window: TUMBLING, aggregates: SUM, allowedLatenessMs: 0 }),
    script: [...script, watermark(9)],
    once: true,
  });
  assert.equal(result.rows.length, 3_000);
  assert.equal(result.keys, 0);
});
