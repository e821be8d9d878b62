import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordBatch } from "../record/batch.ts";
import { WatermarkCombiner } from "./watermark-combiner.ts";
import { MAX_WATERMARK, NO_WATERMARK } from "./watermark.ts";

function batch(...watermarks: number[]): RecordBatch {
  return {
    layout: { id: 1, shape: "struct", fields: [] },
    length: watermarks.length,
    columns: [],
    timestamps: new Float64Array(watermarks.length),
    // Longer than the batch, as a shared array may be.
    watermarks: Float64Array.from([...watermarks, 1e9]),
    rowKinds: null,
    keys: null,
    origin: null,
  };
}
const rows = (result: RecordBatch): number[] => [...result.watermarks.subarray(0, result.length)];

test("says nothing until every input has spoken", () => {
  const combiner = new WatermarkCombiner(2);
  assert.equal(combiner.update(0, 10), NO_WATERMARK);
  assert.equal(combiner.update(1, 5), 5);
  assert.equal(combiner.update(1, 20), 10);
});

test("an idle input holds nothing back, and comes back without turning time back", () => {
  const combiner = new WatermarkCombiner(2);
  combiner.update(0, 10);
  combiner.update(1, 5);
  assert.equal(combiner.setIdle(1, true), 10);
  assert.equal(combiner.idle, false);
  combiner.setIdle(1, false);
  assert.equal(combiner.update(1, 6), 10);
  assert.equal(combiner.update(0, 12), 10);
  assert.equal(combiner.update(1, 11), 11);
});

test("with all inputs idle the highest counts, whichever went idle last", () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ] as const) {
    const combiner = new WatermarkCombiner(2);
    combiner.update(0, 10);
    combiner.update(1, 5);
    for (const input of order) combiner.setIdle(input, true);
    assert.equal(combiner.watermark, 10);
    assert.equal(combiner.idle, true);
  }
});

test("the end comes only when every input has ended", () => {
  const combiner = new WatermarkCombiner(2);
  combiner.update(0, MAX_WATERMARK);
  combiner.update(1, 7);
  assert.equal(combiner.watermark, 7);
  assert.equal(combiner.setIdle(1, true), 7);
  assert.equal(combiner.idle, true);
  combiner.setIdle(1, false);
  assert.equal(combiner.update(1, MAX_WATERMARK), MAX_WATERMARK);
  assert.equal(combiner.idle, false);
  assert.deepEqual(combiner.facts(), [
    { watermark: MAX_WATERMARK, idle: false, ended: true },
    { watermark: MAX_WATERMARK, idle: false, ended: true },
  ]);
});

test("combine caps each row by the other inputs and never goes below what was given", () => {
  const combiner = new WatermarkCombiner(2);
  combiner.update(1, 4);
  assert.deepEqual(rows(combiner.combine(0, batch(NO_WATERMARK, 3, 6))), [NO_WATERMARK, 3, 4]);
  assert.equal(combiner.watermark, 4);
  combiner.setIdle(0, true);
  combiner.update(1, 9);
  assert.equal(combiner.watermark, 9);
  assert.deepEqual(rows(combiner.combine(0, batch(6, 20))), [9, 9]);
  assert.equal(combiner.update(1, 30), 20);
});

test("combine leaves a batch alone that is behind all others", () => {
  const combiner = new WatermarkCombiner(2);
  combiner.update(1, 100);
  const given = batch(1, 2);
  assert.equal(combiner.combine(0, given), given);
  assert.equal(combiner.watermark, 2);
  const single = new WatermarkCombiner(1);
  const only = batch(1, 2, 3);
  assert.equal(single.combine(0, only), only);
  assert.equal(single.watermark, 3);
});
