import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DDSketch } from "@datadog/sketches-js";
import { encodeKey } from "../../record/key-codec.ts";
import type { Key } from "../../record/key-column.ts";
import { decodeValue, encodeValue } from "../../record/value-codec.ts";
import { PLAIN_CODEC } from "../../state/state-codec.ts";
import { Journal } from "../../state/memory/journal.ts";
import { decodeField, encodeField, KeptBytes } from "../../state/memory/kept-bytes.ts";
import { KeptObjects } from "../../state/memory/kept-objects.ts";
import type { AggregateFunction } from "../aggregate-function.ts";
import { collectAggregate } from "./collect.ts";
import { distinctCountAggregate } from "./distinct-count.ts";
import { quantileAggregate } from "./quantile.ts";
import { topKAggregate } from "./top-k.ts";

const NAMES = 4;
type Any = AggregateFunction<unknown, unknown, unknown, unknown>;

/** An aggregate, what it may be given, and the result for the values that it was given, worked out in the simplest way. */
interface Subject {
  readonly aggregate: Any;
  readonly value: fc.Arbitrary<unknown>;
  expected(values: readonly unknown[]): unknown;
}

const number = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -5, max: 90 }) },
  fc.integer(),
  fc.double({ noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 0.5, 2 ** 53, 2 ** 53 + 2, Number.NaN, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324),
);
const key = fc.oneof(
  { weight: 90, arbitrary: number },
  { weight: 1, arbitrary: fc.constantFrom<Key>("1", "", true, 1n) },
);
const tuple = fc.constantFrom<Key>(["1"], [1], [-0]);
const told = (value: unknown): unknown => (typeof value === "object" ? encodeKey(value as Key).join(" ") : value);
const same = (value: unknown): unknown => value;
const K = 3;
const COLLECTED_MAX = 70;
const QUANTILE = 0.37;

const subjects: Readonly<Record<string, Subject>> = {
  distinctCount: {
    aggregate: distinctCountAggregate(same as never) as unknown as Any,
    value: fc.oneof({ weight: 90, arbitrary: key }, { weight: 1, arbitrary: tuple }),
    expected: (values) => new Set(values.map(told)).size,
  },
  topK: { aggregate: topKAggregate(K, same) as unknown as Any, value: key, expected: (values) => mostOf(values, K) },
  "topK of many": {
    aggregate: topKAggregate(100, same) as unknown as Any,
    value: key,
    expected: (values) => mostOf(values, 100),
  },
  collect: {
    aggregate: collectAggregate(same, COLLECTED_MAX) as unknown as Any,
    value: fc.oneof({ weight: 90, arbitrary: number }, { weight: 1, arbitrary: fc.constantFrom(null, "a", { a: 1 }) }),
    expected: (values) => values.slice(0, COLLECTED_MAX),
  },
  quantile: {
    aggregate: quantileAggregate(same as never, QUANTILE) as unknown as Any,
    value: number,
    expected(values) {
      const sketch = new DDSketch({ relativeAccuracy: 0.01 });
      for (const value of values as number[]) sketch.accept(value);
      return values.some((value) => Number.isNaN(value)) ? Number.NaN : sketch.getValueAtQuantile(QUANTILE);
    },
  },
  "quantile of numbers": {
    aggregate: quantileAggregate(same as never, QUANTILE) as unknown as Any,
    value: number.filter((value) => !Number.isNaN(value)),
    expected: (values) => subjects["quantile"]?.expected(values),
  },
};

const TYPES = ["boolean", "number", "bigint", "string"];

function mostOf(values: readonly unknown[], k: number): unknown {
  const counts = new Map<unknown, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const order = (a: unknown, b: unknown): number =>
    TYPES.indexOf(typeof a) - TYPES.indexOf(typeof b) ||
    Number(Number.isNaN(a)) - Number(Number.isNaN(b)) ||
    ((a as number) < (b as number) ? -1 : 1);
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || order(a, b));
  return sorted.slice(0, k).map(([value, count]) => ({ value, count }));
}

/** So many that they take more than a page. */
function manyNumbers(from: number): number[] {
  return Array.from({ length: 700 }, (_, i) => (i - 100) * 1.1 ** from);
}

const WAYS = [
  "many",
  "add",
  "add",
  "add",
  "evict",
  "merge",
  "again",
  "stored",
  "snapshot",
  "undone",
  "replace",
  "drop",
] as const;

for (const [name, { aggregate, value, expected }] of Object.entries(subjects)) {
  const { create, add, merge, result, codec } = aggregate;
  const step = fc.record({
    do: fc.constantFrom(...WAYS),
    at: fc.nat(NAMES - 1),
    from: fc.nat(NAMES - 1),
    values: fc.array(value, { maxLength: 50, size: "max" }),
  });

  test(`${name} is that of the values, through evictions, merges, snapshots and undone writes`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 24, size: "max" }), (steps) => {
        const journal = new Journal();
        const bytes = new KeptBytes(journal);
        const objects = new KeptObjects(journal, bytes);
        const cells = Array.from({ length: NAMES }, () => objects.put(0, create(), codec));
        const model: unknown[][] = Array.from({ length: NAMES }, () => []);
        const get = (at: number): unknown => objects.get(cells[at] as number, codec);
        const put = (at: number, accumulator: unknown): void => {
          cells[at] = objects.put(cells[at] as number, accumulator, codec);
        };
        const addAll = (at: number, values: readonly unknown[]): void => {
          put(
            at,
            values.reduce((accumulator, each) => add(accumulator, each, 0), get(at)),
          );
          (model[at] as unknown[]).push(...values);
        };
        addAll(0, manyNumbers(0));
        for (const { do: what, at, from, values } of steps) {
          if (what === "add") {
            addAll(at, values);
          } else if (what === "many") {
            addAll(at, manyNumbers(from));
          } else if (what === "evict") {
            const others = Array.from({ length: 2_100 }, () => objects.put(0, create(), codec));
            for (const each of others) objects.release(each);
          } else if (what === "merge") {
            put(at, merge(merge(create(), get(at)), get(from)));
            model[at] = [...(model[at] as unknown[]), ...(model[from] as unknown[])];
          } else if (what === "again") {
            put(at, decodeField(encodeField(get(at), codec).slice(), codec));
          } else if (what === "stored") {
            put(at, codec.decode(decodeValue(encodeValue(codec.encode(get(at))))));
          } else if (what === "undone") {
            journal.begin();
            objects.put(cells[at] as number, add(merge(create(), get(at)), 7, 0), codec);
            journal.rollback();
          } else if (what === "replace") {
            // As a session that another one takes the place of: it is looked at until the next get.
            const before = get(at);
            put(at, create());
            const other = objects.put(
              0,
              values.reduce((made, each) => add(made, each, 0), create()),
              codec,
            );
            put(from, merge(create(), before));
            objects.release(other);
            const moved = model[at] as unknown[];
            model[at] = [];
            model[from] = moved;
          } else if (what === "drop") {
            objects.release(cells[at] as number);
            cells[at] = 0;
            put(at, create());
            model[at] = [];
          } else {
            objects.freeze();
            bytes.freeze();
            const before = model.map((each) => expected(each));
            const frozen = [...cells];
            addAll(at, values);
            addAll(at, values.slice(1));
            put(from, create());
            model[from] = [];
            frozen.forEach((each, i) => {
              const bytesThen = objects.written(each, codec).slice();
              assert.deepEqual(result(decodeField(bytesThen, codec)), before[i]);
            });
            objects.thaw();
            bytes.thaw();
          }
          for (const i of [at, from]) assert.deepEqual(result(get(i)), expected(model[i] as unknown[]));
        }
        model.forEach((each, i) => assert.deepEqual(result(get(i)), expected(each)));
      }),
      { numRuns: 50 },
    );
  });
}

test("what a checkpoint has of numbers is fixed, and that of before they had a form is read", () => {
  const expectedNumbers: Readonly<Record<string, readonly number[]>> = {
    distinctCount: [7, 0],
    topK: [7, 2, 0, 1],
    collect: [7, 7, -0],
    // Key 98 is of what is above 1.01 / 0.99 to the power of 97, 6.96, up to the power of 98, 7.1.
    quantile: [0, 1, 0, 98, 2],
  };
  for (const [name, numbers] of Object.entries(expectedNumbers)) {
    const { create, add, result, codec } = subjects[name]?.aggregate as Any;
    const made = [7, 7, -0].reduce((accumulator, value) => add(accumulator, value, 0), create());
    const bytes = encodeField(made, codec).slice();
    assert.deepEqual([...bytes.slice(0, 4)], [11, 0, 0, 0]);
    const view = new DataView(bytes.buffer, 4);
    assert.deepEqual(
      numbers.map((_, i) => view.getFloat64(i * 8, true)),
      numbers,
    );
    assert.equal(bytes.length, 4 + numbers.length * 8);
    const before = encodeField(codec.encode(made), PLAIN_CODEC).slice();
    assert.equal(before[0], 0);
    assert.deepEqual(result(decodeField(before, codec)), result(made));
  }
});

test("damaged numbers are corrupt", () => {
  const { create, add, codec } = subjects["distinctCount"]?.aggregate as Any;
  const good = encodeField(add(create(), 7, 0), codec).slice();
  assert.equal(good.length, 12);
  for (const bad of [good.slice(0, 11), good.slice(0, 3), good.with(2, 1), good.with(0, 12)])
    assert.throws(() => decodeField(bad, codec), { code: "TM_CHECKPOINT_CORRUPT" });
  for (const name of ["topK", "quantile"]) {
    const { aggregate } = subjects[name] as Subject;
    const bytes = encodeField(aggregate.add(aggregate.create(), 7, 0), aggregate.codec).slice();
    assert.throws(() => decodeField(bytes.slice(0, -8), aggregate.codec), { code: "TM_CHECKPOINT_CORRUPT" });
  }
});
