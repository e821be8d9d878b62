import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ArbitraryRandom } from "./arbitrary-random.ts";
import { inputsOf } from "./user-inputs.ts";

test("a list is one split, a list of lists is several, a function is asked with seeded randomness", () => {
  assert.deepEqual(inputsOf({ a: [1, 2], b: [[1], [2]], c: [] }, 1), { a: [[1, 2]], b: [[1], [2]], c: [[]] });
  const drawn = (seed: number): unknown => inputsOf({ a: (random) => [random(), random()] }, seed);
  assert.deepEqual(drawn(1), drawn(1));
  assert.notDeepEqual(drawn(1), drawn(2));
});

test("arbitraries of fast-check are asked, and give the same for the same number", () => {
  const record = fc.record({
    key: fc.constantFrom("a", "b"),
    n: fc.integer({ min: -5, max: 5 }),
    x: fc.double({ noNaN: true }),
  });
  const orders = fc.array(record, { minLength: 3, maxLength: 9 });
  const inputs = Array.from({ length: 20 }, (_, seed) => inputsOf({ orders }, seed));
  assert.deepEqual(
    inputs,
    Array.from({ length: 20 }, (_, seed) => inputsOf({ orders }, seed)),
  );
  const lengths = new Set<number>();
  for (const { orders: splits } of inputs) {
    assert.equal(splits?.length, 1);
    const records = splits[0] as readonly { readonly key: string; readonly n: number }[];
    lengths.add(records.length);
    assert.ok(records.length >= 3 && records.length <= 9);
    assert.ok(records.every(({ key, n }) => "ab".includes(key) && n >= -5 && n <= 5));
  }
  assert.ok(lengths.size > 2, `lengths ${[...lengths].join(", ")}`);
});

test("integers reach both bounds and no further, a clone goes on alike", () => {
  const random = new ArbitraryRandom(7);
  const drawn = Array.from({ length: 500 }, () => random.nextInt(-2, 3));
  assert.deepEqual(
    [...new Set(drawn)].sort((a, b) => a - b),
    [-2, -1, 0, 1, 2, 3],
  );
  const twin = random.clone();
  assert.equal(twin.nextBigInt(0n, 2n ** 80n), random.nextBigInt(0n, 2n ** 80n));
  assert.ok(Array.from({ length: 500 }, () => random.nextDouble()).every((x) => x >= 0 && x < 1));
});
