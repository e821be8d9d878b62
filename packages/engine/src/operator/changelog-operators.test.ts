import assert from "node:assert/strict";
import { test } from "node:test";
import { AggregateOperator } from "./aggregate-operator.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { collectAggregate } from "./aggregates/collect.ts";
import { countAggregate } from "./aggregates/count.ts";
import { customAggregate } from "./aggregates/custom.ts";
import { sumAggregate } from "./aggregates/sum.ts";
import type { OperatorContext } from "./operator.ts";
import { rec, runScript, watermark, type ScriptElement, type ScriptResult } from "./operator-script.test-only.ts";
import { ReduceOperator } from "./reduce-operator.ts";

interface Value {
  readonly k: string;
  readonly v: number;
}
const v = (k: string, value: number): Value => ({ k, v: value });
const changes = ({ rows }: ScriptResult): unknown[] => rows.map(({ kind, value }) => [kind, value]);

function runAggregate(aggregates: NamedAggregates, script: readonly ScriptElement[]): ScriptResult {
  return runScript({ make: (context) => new AggregateOperator(context, { aggregates }), script });
}
function runReduce(fn: (a: Value, b: Value) => unknown, script: readonly ScriptElement[]): ScriptResult {
  return runScript({ make: (context) => new ReduceOperator(context, { fn }), script });
}

test("an aggregate inserts a row and then gives it before and after each record", () => {
  const aggregates = { n: countAggregate(), sum: sumAggregate((r: Value) => r.v) } as NamedAggregates;
  const result = runAggregate(aggregates, [watermark(3), rec(v("a", 5), 7), rec(v("a", 6), 4), watermark(8)]);
  assert.deepEqual(changes(result), [
    ["insert", { key: "a", n: 1, sum: 5 }],
    ["updateBefore", { key: "a", n: 1, sum: 5 }],
    ["updateAfter", { key: "a", n: 2, sum: 11 }],
  ]);
  assert.deepEqual(
    result.rows.map(({ time, watermark: before }) => [time, before]),
    [
      [7, 3],
      [4, 3],
      [4, 3],
    ],
  );
  assert.deepEqual(result.watermarks, [3, 8]);
  assert.equal(result.keys, 1);
});

test("a result that was given does not change with its accumulator", () => {
  const result = runAggregate({ all: collectAggregate((r: Value) => r.v, 3) } as NamedAggregates, [
    rec(v("a", 1), 0),
    rec(v("a", 2), 0),
    rec(v("a", 3), 0),
  ]);
  assert.deepEqual(
    result.rows.map(({ value }) => (value as { all: number[] }).all),
    [[1], [1], [1, 2], [1, 2], [1, 2, 3]],
  );
});

test("a record that fails changes no row, not half of one", () => {
  const failing = customAggregate({
    create: () => ({ n: 0 }),
    add: (accumulator, record: Value) => {
      accumulator.n += record.v;
      if (record.v === 2) throw new Error("two");
      return accumulator;
    },
    merge: (accumulator) => accumulator,
    result: ({ n }) => {
      if (n === 4) throw new Error("four");
      return n;
    },
  });
  const aggregates = { count: countAggregate(), n: failing } as NamedAggregates;
  const result = runAggregate(aggregates, [
    rec(v("a", 2), 0),
    rec(v("a", 1), 0),
    rec(v("a", 2), 0),
    rec(v("a", 3), 0),
    rec(v("a", 4), 0),
  ]);
  assert.deepEqual(changes(result), [
    ["insert", { key: "a", count: 1, n: 1 }],
    ["updateBefore", { key: "a", count: 1, n: 1 }],
    ["updateAfter", { key: "a", count: 2, n: 5 }],
  ]);
  assert.deepEqual(
    result.errors.map(({ message }) => message),
    ["two", "two", "four"],
  );
});

test("a changelog stays keyed, so that a lookup can read it", () => {
  const keyed: boolean[] = [];
  const wrap = (make: (context: OperatorContext) => AggregateOperator | ReduceOperator) =>
    runScript({
      make: (context) =>
        make({
          ...context,
          output: {
            ...context.output,
            batch: (batch) => {
              keyed.push(batch.keys !== null && batch.keys.hashes.length >= batch.length);
              context.output.batch(batch);
            },
          },
        }),
      script: [rec(v("a", 1), 0), rec(v("b", 1), 0), rec(v("a", 1), 0)],
    });
  wrap((context) => new AggregateOperator(context, { aggregates: { n: countAggregate() } as NamedAggregates }));
  wrap((context) => new ReduceOperator(context, { fn: (a: Value) => a }));
  assert.ok(keyed.length > 0 && keyed.every((isKeyed) => isKeyed));
});

test("reduce folds records into the key's first one", () => {
  const result = runReduce(
    (a, b) => ({ k: a.k, v: a.v + b.v }),
    [rec(v("a", 1), 0), rec(v("b", 9), 0), rec(v("a", 2), 5), rec(v("a", 4), 6)],
  );
  assert.deepEqual(
    changes(result).filter((change) => (change as [string, Value])[1].k === "a"),
    [
      ["insert", v("a", 1)],
      ["updateBefore", v("a", 1)],
      ["updateAfter", v("a", 3)],
      ["updateBefore", v("a", 3)],
      ["updateAfter", v("a", 7)],
    ],
  );
});

test("reduce may return the record it was given, or what it was given before, changed in place", () => {
  const latest = runReduce((_a, b) => b, [rec(v("a", 1), 0), rec(v("a", 2), 0), rec(v("a", 3), 0)]);
  assert.deepEqual(
    latest.rows.map(({ value }) => (value as Value).v),
    [1, 1, 2, 2, 3],
  );
  const inPlace = runReduce(
    (a, b) => {
      (a as { tags: string[] } & Value).tags.push(String(b.v));
      return a;
    },
    [rec({ k: "a", v: 0, tags: ["x"] }, 0), rec(v("a", 2), 0), rec(v("a", 3), 0)],
  );
  assert.deepEqual(
    inPlace.rows.map(({ value }) => (value as { tags: string[] }).tags.join("")),
    ["x", "x", "x2", "x2", "x23"],
  );
});

test("reduce may keep what it has, and a row may have other fields than the one before, or be no record", () => {
  const highest = runReduce(
    (a, b) => (b.v >= a.v ? b : a),
    [rec(v("a", 2), 0), rec(v("a", 1), 1), rec(v("b", 5), 2), rec(v("a", 3), 3)],
  );
  assert.deepEqual(
    changes(highest).filter((change) => (change as [string, Value])[1].k === "a"),
    [
      ["insert", v("a", 2)],
      ["updateBefore", v("a", 2)],
      ["updateAfter", v("a", 2)],
      ["updateBefore", v("a", 2)],
      ["updateAfter", v("a", 3)],
    ],
  );
  const rows: unknown[] = [{ k: "a", v: 1, more: [1] }, "text", { v: 0 }, { k: "\ud800", v: -0 }];
  let next = 0;
  const result = runReduce(
    () => rows[next++ % rows.length],
    Array.from({ length: 9 }, (_, i) => rec(v("a", i), i)),
  );
  const after = result.rows.filter(({ kind }) => kind !== "updateBefore").map(({ value }) => value);
  const before = result.rows.filter(({ kind }) => kind === "updateBefore").map(({ value }) => value);
  assert.deepEqual(after[0], v("a", 0));
  // Every row that is taken back is the one that was given.
  assert.deepEqual(before, after.slice(0, -1));
});

test("a record that is changed in place, against its type, is a copy that the function may keep", () => {
  const result = runReduce(
    (a, b) => {
      (a as { v: number }).v += b.v;
      return a;
    },
    [rec(v("a", 1), 0), rec(v("a", 2), 0), rec(v("a", 3), 0)],
  );
  assert.deepEqual(
    result.rows.map(({ value }) => (value as Value).v),
    [1, 1, 3, 3, 6],
  );
});

test("rows that have other fields each time are all there, also where writing them by column does not pay", () => {
  const count = 600;
  const result = runScript({
    make: (context) =>
      new ReduceOperator(context, {
        fn: ((a: { n: number }) => (a.n % 2 === 0 ? { n: a.n + 1 } : { n: a.n + 1, m: 0 })) as never,
      }),
    script: Array.from({ length: count }, (_, i) => rec({ k: "a", n: i === 0 ? 0 : -1 }, 0)),
  });
  assert.equal(result.rows.length, count * 2 - 1);
  const last = result.rows.at(-1);
  assert.equal((last?.value as { n: number }).n, count - 1);
});

test("a reduce that throws, returns nothing or a promise changes nothing", () => {
  const script = [rec(v("a", 1), 0), rec(v("a", 2), 0), rec(v("a", 3), 0), rec(v("a", 4), 0), rec(v("a", 5), 0)];
  const result = runReduce((a, b) => {
    if (b.v === 2) throw new Error("two");
    if (b.v === 3) return undefined;
    if (b.v === 4) return Promise.resolve(a);
    return { k: "a", v: a.v + b.v };
  }, script);
  assert.deepEqual(changes(result), [
    ["insert", v("a", 1)],
    ["updateBefore", v("a", 1)],
    ["updateAfter", v("a", 6)],
  ]);
  assert.equal(result.errors.length, 3);
  assert.match(result.errors[2]?.message ?? "", /promise/);
});
