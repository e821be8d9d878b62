import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RowSlots } from "./row-slots.ts";

const row = fc.oneof(fc.nat(60), fc.nat(3_000), fc.nat(2 ** 24 - 2));

test("slots by row equal a map while rows come, move and go, near together or far apart", () => {
  const change = fc.tuple(row, fc.constantFrom("there", "there", "gone"));
  fc.assert(
    fc.property(fc.array(change, { minLength: 20, maxLength: 500, size: "max" }), (changes) => {
      const slots = new RowSlots();
      const model = new Map<number, number>();
      for (const [slot, [row, now]] of changes.entries()) {
        assert.equal(slots.find(row), model.get(row) ?? -1);
        if (now === "gone" && model.has(row)) slots.remove(row);
        else if (now === "there" && model.has(row)) slots.move(row, slot);
        else if (now === "there") slots.add(row, slot);
        if (now === "there") model.set(row, slot);
        else model.delete(row);
      }
      for (const [row] of changes) assert.equal(slots.find(row), model.get(row) ?? -1);
    }),
    { numRuns: 200 },
  );
});

test("rows that are dense, then far apart, then dense again stay found", () => {
  const slots = new RowSlots();
  const model = new Map<number, number>();
  const add = (row: number): void => {
    if (model.has(row)) return;
    slots.add(row, model.size);
    model.set(row, model.size);
  };
  for (let row = 0; row < 1_000; row++) add(row);
  add(5_000_000);
  for (let i = 0; i < 500; i++) add(i * 9_973);
  for (let row = 0; row < 40_000; row++) add(row);
  for (const [row, slot] of model) assert.equal(slots.find(row), slot);
});

test("no call moves more the more rows there are", () => {
  const movedMax = [20_000, 400_000].map((count) => {
    const slots = new RowSlots();
    for (let i = 0; i < count; i++) slots.add(i * 7, i);
    for (let i = 0; i < count; i += 991) assert.equal(slots.find(i * 7), i);
    return slots.movedMax;
  });
  for (const moved of movedMax) assert.ok(moved < 10_000, `${moved} moved`);
});
