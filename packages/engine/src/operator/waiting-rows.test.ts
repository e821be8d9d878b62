import assert from "node:assert/strict";
import { test } from "node:test";
import { keyColumnOf } from "../record/key-codec.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import type { KeyedState } from "../state/state-backend.ts";
import { WaitingRows } from "./waiting-rows.ts";

function open(...from: KeyedState[]): { state: KeyedState; rows: WaitingRows } {
  const state = memoryBackend().openKeyedState({
    operator: "waiting",
    keyGroupBits: 8,
    timers: [],
    states: [WaitingRows.descriptor],
  });
  for (const { payload } of from.flatMap((each) => each.snapshot())) state.restore(payload);
  return { state, rows: new WaitingRows(state) };
}

function add({ state, rows }: ReturnType<typeof open>, key: string, record: string, watermark: number): void {
  const stateRows = new Int32Array(1);
  state.keys.resolve(keyColumnOf([key]), 1, stateRows);
  rows.add(stateRows[0] as number, { record, watermark, timestamp: 0, origin: null });
}

function drain({ rows }: ReturnType<typeof open>): unknown[] {
  const records: unknown[] = [];
  for (let first = rows.first; first !== undefined; first = rows.first) {
    records.push(first.waiting.record);
    rows.shift();
  }
  return records;
}

test("rows come out as they went in, over all keys, and leave nothing", () => {
  const queue = open();
  const expected = Array.from({ length: 1_000 }, (_, i) => `r${i}`);
  expected.forEach((record, i) => add(queue, `k${i % 7}`, record, 1));
  assert.equal(queue.rows.length, 1_000);
  assert.deepEqual(drain(queue), expected);
  queue.state.releaseEmptyRows();
  assert.equal(queue.state.size().rows, 0);
});

test("the order lasts over restores, with rows taken and added in between", () => {
  const first = open();
  for (const record of ["a0", "a1", "b0", "a2"]) add(first, record[0] as string, record, 5);
  first.rows.shift();
  const second = open(first.state);
  add(second, "a", "a3", 5);
  add(second, "b", "b1", 6);
  const third = open(second.state);
  assert.deepEqual(drain(third), ["a1", "b0", "a2", "a3", "b1"]);
});

test("queues of several instances are put together by watermark, each key in its own order", () => {
  const one = open();
  const two = open();
  for (const [record, watermark] of [
    ["a0", -Infinity],
    ["a1", 4],
    ["a2", 9],
  ] as const)
    add(one, "a", record, watermark);
  for (const [record, watermark] of [
    ["b0", 3],
    ["b1", 5],
    ["b2", 5],
  ] as const)
    add(two, "b", record, watermark);
  assert.deepEqual(drain(open(one.state, two.state)), ["a0", "b0", "a1", "b1", "b2", "a2"]);
});
