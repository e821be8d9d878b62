import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeValue, encodeValue } from "../../record/value-codec.ts";
import type { AggregateFunction } from "../aggregate-function.ts";
import { collectAggregate } from "./collect.ts";
import { countAggregate } from "./count.ts";
import { distinctCountAggregate } from "./distinct-count.ts";
import { maxAggregate, minAggregate } from "./extremes.ts";
import { firstAggregate, lastAggregate } from "./first-last.ts";
import { meanAggregate } from "./mean.ts";
import { quantileAggregate } from "./quantile.ts";
import { sumAggregate } from "./sum.ts";
import { topKAggregate } from "./top-k.ts";
import { varianceAggregate } from "./variance.ts";

type Any = AggregateFunction<unknown, unknown, unknown, unknown>;
type Sample = readonly [value: unknown, time: number];
const same = <V>(value: V): V => value;

/** The result over panes of samples, merged in order; stored and read back between panes. */
function over(aggregate: unknown, panes: readonly (readonly Sample[])[]): unknown {
  const { create, add, merge, result, input, codec } = aggregate as Any;
  const accumulators = panes.map((pane) => {
    const filled = pane.reduce(
      (accumulator, [value, time]) => add(accumulator, input === null ? undefined : input(value), time),
      create(),
    );
    return codec.decode(decodeValue(encodeValue(codec.encode(filled))));
  });
  if (accumulators.length === 1) return result(accumulators[0]);
  const before = accumulators.map((accumulator) => encodeValue(codec.encode(accumulator)));
  const merged = result(accumulators.reduce((accumulator, other) => merge(accumulator, other), create()));
  accumulators.forEach((accumulator, i) =>
    assert.deepEqual(encodeValue(codec.encode(accumulator)), before[i], "merge changed its second argument"),
  );
  return merged;
}
const values = (...list: unknown[]): Sample[] => list.map((value, i) => [value, i]);

const numbers = fc.array(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 20 }), {
  minLength: 1,
  maxLength: 4,
});

test("count, sum, min, max and mean are what they say, however the panes are cut", () => {
  fc.assert(
    fc.property(numbers, (panes) => {
      const samples = panes.map((pane) => values(...pane));
      const all = panes.flat();
      const sum = all.reduce((a, b) => a + b, 0);
      assert.equal(over(countAggregate(), samples), all.length);
      assert.equal(over(sumAggregate(same<number>), samples), sum);
      assert.equal(over(minAggregate(same<number>), samples), Math.min(...all));
      assert.equal(over(maxAggregate(same<number>), samples), Math.max(...all));
      assert.equal(over(meanAggregate(same<number>), samples), sum / all.length);
    }),
  );
});

test("variance is the population's, and exact far from zero", () => {
  fc.assert(
    fc.property(numbers, fc.constantFrom(0, 1e9), (panes, far) => {
      const all = panes.flat();
      const mean = all.reduce((a, b) => a + b, 0) / all.length;
      const expected = all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length;
      const got = over(
        varianceAggregate(same<number>),
        panes.map((pane) => values(...pane.map((value) => value + far))),
      ) as number;
      assert.ok(Math.abs(got - expected) <= 1e-6 * Math.max(1, expected), `${got} is not ${expected}`);
    }),
  );
  assert.equal(over(varianceAggregate(same<number>), [values(5)]), 0);
});

test("a quantile is within 1 % of the value of its rank, and the same however panes are cut", () => {
  // Values just below 1, negative and zero are where the library's own merge goes wrong.
  const value = fc.oneof(
    fc.integer({ min: -1_000, max: 1_000 }),
    fc.double({ min: 0.001, max: 1, noNaN: true }),
    fc.constantFrom(0, -0, 1, -1),
  );
  const panes = fc.array(fc.array(value, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(panes, fc.double({ min: 0, max: 1, noNaN: true }), (cut, q) => {
      const aggregate = quantileAggregate(same<number>, q);
      const all = cut.flat();
      const got = over(
        aggregate,
        cut.map((pane) => values(...pane)),
      ) as number;
      assert.equal(got, over(aggregate, [values(...all)]));
      const sorted = all.toSorted((a, b) => a - b);
      const rank = q * (all.length - 1);
      const near = [sorted[Math.floor(rank)] as number, sorted[Math.ceil(rank)] as number];
      assert.ok(
        near.some((exact) => Math.abs(got - exact) <= 0.0101 * Math.abs(exact)),
        `${got} is near none of ${near.join(" ")}`,
      );
    }),
  );
});

test("first and last go by event time; of equal times the first and the last that came", () => {
  const pane: Sample[] = [
    ["b", 5],
    ["a", 3],
    ["c", 3],
    ["d", 9],
    ["e", 9],
  ];
  assert.equal(over(firstAggregate(same), [pane]), "a");
  assert.equal(over(lastAggregate(same), [pane]), "e");
  assert.equal(over(firstAggregate(), [[["x", 10]], [["y", 11]]]), "x");
  assert.equal(over(lastAggregate(), [[["x", 10]], [["y", 11]]]), "y");
});

test("kept objects are frozen copies", () => {
  const given = { tags: ["a"] };
  for (const aggregate of [firstAggregate(same), lastAggregate(same), collectAggregate(same, 1)]) {
    const got = [over(aggregate, [values(given)])].flat()[0] as typeof given;
    assert.deepEqual(got, given);
    assert.notEqual(got, given);
    assert.ok(Object.isFrozen(got.tags));
  }
  assert.throws(() => over(collectAggregate(same, 1), [values(() => 1)]), { code: "TM_STATE_VALUE" });
});

test("collect keeps the first max values", () => {
  const aggregate = collectAggregate(same, 3);
  assert.deepEqual(over(aggregate, [values(1, 2), values(3, 4)]), [1, 2, 3]);
  assert.deepEqual(over(aggregate, [values(1, undefined, null, 4)]), [1, undefined, null]);
});

test("topK counts exactly and breaks ties by value", () => {
  const top = (k: number, ...panes: unknown[][]): unknown =>
    over(
      topKAggregate(k, same),
      panes.map((pane) => values(...pane)),
    );
  assert.deepEqual(top(2, ["b", "a"], ["a", "c", "c"]), [
    { value: "a", count: 2 },
    { value: "c", count: 2 },
  ]);
  assert.deepEqual(
    (top(9, ["10", 10, 9, Number.NaN, true, false, 9n, Number.NaN, 0, -0]) as { value: unknown; count: number }[]).map(
      ({ value, count }) => [value, count],
    ),
    [
      [0, 2],
      [Number.NaN, 2],
      [false, 1],
      [true, 1],
      [9, 1],
      [10, 1],
      [9n, 1],
      ["10", 1],
    ],
  );
  assert.throws(() => top(1, [{}]), { code: "TM_KEY" });
  assert.throws(() => top(1, [["a"]]), { code: "TM_KEY" });
});

test("distinctCount tells values apart as keys are", () => {
  const distinct = (...panes: unknown[][]): unknown =>
    over(
      distinctCountAggregate(same as never),
      panes.map((pane) => values(...pane)),
    );
  assert.equal(
    distinct(
      ["1", 1, 1n, true, 0, -0],
      [Number.NaN, Number.NaN, 1, ["a", 1], ["a", 1], ["a", "1"], "\uD83D", "\uFFFD"],
    ),
    10,
  );
  assert.throws(() => distinct([null]), { code: "TM_KEY" });
});

test("numbers must be finite or NaN, and NaN makes the result NaN", () => {
  const make = [
    sumAggregate,
    minAggregate,
    maxAggregate,
    meanAggregate,
    varianceAggregate,
    (f: (r: number) => number) => quantileAggregate(f, 0.5),
  ];
  for (const aggregate of make) {
    assert.equal(over(aggregate(same<number>), [values(1, Number.NaN), values(2)]), Number.NaN);
    for (const bad of ["1", undefined, null, 1n, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, new Date()]) {
      assert.throws(() => over(aggregate(same<number>), [values(bad)]), { code: "TM_RECORD" });
    }
  }
});
