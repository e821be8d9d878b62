import assert from "node:assert/strict";
import { test } from "node:test";
import { heldBackBy, watermarkHolder, watermarkJson, watermarkOf } from "./watermark-holder.ts";
import { MAX_WATERMARK, NO_WATERMARK } from "./watermark.ts";

const holder = (name: string, watermark: number, idle = false) =>
  watermarkHolder({ kind: "split", name, watermark, idle, since: null });

test("a watermark survives JSON", () => {
  for (const watermark of [NO_WATERMARK, MAX_WATERMARK, 0, -5, 1.5]) {
    const json: unknown = JSON.parse(JSON.stringify(watermarkJson(watermark)));
    assert.equal(watermarkOf(json as ReturnType<typeof watermarkJson>), watermark);
  }
});

test("status tells what holds and what does not", () => {
  assert.equal(holder("a", NO_WATERMARK).status, "waiting");
  assert.equal(holder("a", 3).status, "active");
  assert.equal(holder("a", 3, true).status, "idle");
  assert.equal(holder("a", MAX_WATERMARK, true).status, "ended");
});

test("the lowest active holders hold the watermark back", () => {
  const names = (...holders: ReturnType<typeof holder>[]): string[] => heldBackBy(holders).map(({ name }) => name);
  assert.deepEqual(names(holder("a", 5), holder("b", 3), holder("c", 3), holder("d", 1, true)), ["b", "c"]);
  assert.deepEqual(names(holder("a", 5), holder("b", NO_WATERMARK)), ["b"]);
  assert.deepEqual(names(holder("a", MAX_WATERMARK), holder("b", 2, true)), []);
});
