import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keyGroupOf, keyGroupRange, ownerOf } from "./key-group.ts";
import { evenPlacement } from "./placement.ts";

test("a key group is the top bits of the hash", () => {
  assert.equal(keyGroupOf(0xffffffff, 8), 255);
  assert.equal(keyGroupOf(0x01ffffff, 8), 1);
  assert.equal(keyGroupOf(0x80000000, 1), 1);
  assert.equal(keyGroupOf(0xffffffff, 0), 0);
});

test("one more bit splits each group in two", () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.nat(15), (hash, bits) => {
      assert.equal(keyGroupOf(hash, bits + 1) >> 1, keyGroupOf(hash, bits));
    }),
  );
});

test("ranges are exactly what ownerOf says, cover all groups, and differ by at most one", () => {
  for (const bits of [0, 1, 3, 8]) {
    for (let parallelism = 1; parallelism <= 20; parallelism++) {
      const owned: number[] = [];
      let next = 0;
      for (let task = 0; task < parallelism; task++) {
        const { first, end } = keyGroupRange(task, parallelism, bits);
        assert.equal(first, next);
        next = end;
        owned.push(end - first);
        for (let group = first; group < end; group++) assert.equal(ownerOf(group, parallelism, bits), task);
      }
      assert.equal(next, 2 ** bits);
      assert.ok(Math.max(...owned) - Math.min(...owned) <= 1);
      const { owners } = evenPlacement({ epoch: 1, parallelism, keyGroupBits: bits });
      assert.deepEqual(
        owners,
        Array.from({ length: 2 ** bits }, (_, group) => ownerOf(group, parallelism, bits)),
      );
    }
  }
});
