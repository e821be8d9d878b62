import assert from "node:assert/strict";
import { test } from "node:test";
import { compareOutputs } from "./compare-outputs.ts";
import { valuesEqual, valueText } from "./values-equal.ts";

const row = (key: unknown, n: number): unknown => ({ key, n });

test("the order across keys does not matter, that of a key does", () => {
  assert.equal(
    compareOutputs([row("b", 1), row("a", 1), row("a", 2)], [row("a", 1), row("a", 2), row("b", 1)]).equal,
    true,
  );
  const difference = compareOutputs([row("a", 2), row("a", 1)], [row("a", 1), row("a", 2)]);
  assert.deepEqual(
    [difference.equal, difference.outOfOrder, difference.missing, difference.extra],
    [false, ["a"], [], []],
  );
  assert.match(difference.report, /out of order for key "a" at its record 0/);
  assert.equal(compareOutputs([row("a", 2), row("a", 1)], [row("a", 1), row("a", 2)], { keyOf: null }).equal, true);
});

test("missing, extra and duplicate records are told apart", () => {
  const difference = compareOutputs([row("a", 1), row("a", 1), row("c", 9)], [row("a", 1), row("b", 5)]);
  assert.deepEqual(difference.missing, [row("b", 5)]);
  assert.deepEqual(difference.extra, [row("a", 1), row("c", 9)]);
  assert.equal(
    difference.report,
    `1 missing:\n  { "key": "b", "n": 5 }\n2 extra:\n  { "key": "a", "n": 1 }\n  { "key": "c", "n": 9 }`,
  );
  assert.match(
    compareOutputs(
      [1, 2, 3, 4, 5].map((n) => row("a", n)),
      [],
    ).report,
    /5 extra:[^]*and 2 more/,
  );
});

test("records without a key are one sequence", () => {
  assert.equal(compareOutputs([1, 2], [1, 2]).equal, true);
  assert.equal(compareOutputs([2, 1], [1, 2]).equal, false);
  assert.equal(
    compareOutputs([{ v: 1 }, { v: 2 }], [{ v: 2 }, { v: 1 }], { keyOf: (r) => (r as { v: number }).v }).equal,
    true,
  );
});

test("numbers are exact unless a tolerance is asked for", () => {
  const third = 1 / 3 + Number.EPSILON;
  assert.equal(compareOutputs([row("a", third)], [row("a", 1 / 3)]).equal, false);
  assert.equal(compareOutputs([row("a", third)], [row("a", 1 / 3)], { relativeTolerance: 1e-12 }).equal, true);
  assert.equal(
    compareOutputs([row("a", third), row("a", 2)], [row("a", 2), row("a", 1 / 3)], {
      relativeTolerance: 1e-12,
      keyOf: null,
    }).equal,
    true,
  );
  assert.equal(compareOutputs([row("a", 1.1)], [row("a", 1)], { relativeTolerance: 1e-12 }).equal, false);
  assert.equal(compareOutputs([row("a", Infinity)], [row("a", 1)], { relativeTolerance: 1 }).equal, false);
});

test("values", () => {
  assert.ok(valuesEqual(NaN, NaN));
  assert.ok(valuesEqual(-0, 0));
  assert.ok(!valuesEqual(-0, 0, { signedZero: true }));
  assert.ok(valuesEqual({ a: 1, b: undefined }, { a: 1 }));
  assert.ok(!valuesEqual({ a: 1, b: null }, { a: 1 }));
  assert.ok(!valuesEqual(1, 1n));
  assert.ok(!valuesEqual([1], { 0: 1 }));
  assert.ok(!valuesEqual([1, 2], [1]));
  assert.ok(valuesEqual(new Date(5), new Date(5)));
  assert.ok(!valuesEqual(new Date(5), new Date(6)));
  assert.ok(valuesEqual(new Map([["a", [1]]]), new Map([["a", [1]]])));
  assert.ok(!valuesEqual(new Map([["a", 1]]), new Map([["a", 2]])));
  assert.ok(!valuesEqual(new Set([1]), new Set([2])));
  assert.ok(!valuesEqual(Uint8Array.of(1), Uint8Array.of(2)));
  assert.ok(!valuesEqual({}, null));
  for (const different of [
    ["1", 1],
    [1, 1n],
    ["\ud800", "\ud801"],
    [[1], "[1]"],
    [{ a: "b" }, { a: ["b"] }],
  ] as const) {
    assert.notEqual(valueText(different[0]), valueText(different[1]));
  }
  assert.equal(valueText({ b: 1, a: undefined }), valueText({ b: 1 }));
});
