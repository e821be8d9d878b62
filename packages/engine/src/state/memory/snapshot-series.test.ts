import assert from "node:assert/strict";
import { test } from "node:test";
import { integerKeys } from "../../record/integer-keys.ts";
import { BATCH_ROWS_MAX } from "../../record/batch.ts";
import { memoryBackend } from "../memory-backend.ts";
import type { KeyedState, SnapshotReading } from "../state-backend.ts";
import { PLAIN_CODEC } from "../state-codec.ts";

function open(): KeyedState {
  return memoryBackend().openKeyedState({
    operator: "series",
    keyGroupBits: 4,
    timers: [],
    states: [
      { name: "value", kind: "value", codec: PLAIN_CODEC },
      { name: "panes", kind: "paneSlots", fields: [{ name: "n", kind: "number", initial: 0, codec: null }] },
    ],
  });
}

function rowsOf(state: KeyedState, from: number, end: number): number[] {
  const all: number[] = [];
  for (let first = from; first < end; first += BATCH_ROWS_MAX) {
    const length = Math.min(BATCH_ROWS_MAX, end - first);
    const rows = new Int32Array(length);
    state.keys.resolve(integerKeys(Float64Array.from({ length }, (_, i) => first + i)), length, rows);
    all.push(...rows);
  }
  return all;
}

function next(state: KeyedState): SnapshotReading {
  const reading = state.freezeNext();
  while (!reading.advance(10_000));
  return reading;
}

const bytesOf = (reading: SnapshotReading): number =>
  reading.payloads().reduce((sum, { payload }) => sum + payload.length, 0);

test("few changes make a small snapshot; many, or many small ones, a whole one", () => {
  const state = open();
  for (const row of rowsOf(state, 0, 10_000)) state.value("value").set(row, row);
  const whole = next(state);
  assert.equal(whole.isWhole, true);
  for (let i = 0; i < 8; i++) {
    for (const row of rowsOf(state, i * 100, (i + 1) * 100)) state.value("value").set(row, -row);
    const changes = next(state);
    assert.equal(changes.isWhole, false, `snapshot ${i}`);
    assert.ok(bytesOf(changes) * 50 < bytesOf(whole) * 2, `${bytesOf(changes)} of ${bytesOf(whole)} bytes`);
  }
  assert.equal(next(state).isWhole, true, "the ninth");
  for (const row of rowsOf(state, 0, 5_001)) state.value("value").clear(row);
  state.releaseEmptyRows();
  assert.equal(next(state).isWhole, true, "half of the keys are gone");
  assert.deepEqual(next(state).payloads(), [], "nothing has changed");
});

test("a state of few keys is always written whole", () => {
  const state = open();
  for (const row of rowsOf(state, 0, 1_000)) state.value("value").set(row, row);
  next(state);
  assert.equal(next(state).isWhole, true);
});

test("while the rows of a dropped pane are still let go, a snapshot is whole", () => {
  const state = open();
  const keys = 100_000;
  const rows = rowsOf(state, 0, keys);
  for (const row of rows) state.value("value").set(row, 1);
  for (const row of rows.slice(0, 40_000)) state.paneSlots("panes").claim(row, 0);
  state.releaseEmptyRows();
  next(state);
  state.paneSlots("panes").dropPane(0);
  const sweeping = next(state);
  assert.equal(sweeping.isWhole, true);
  for (let batches = 0; batches < 10; batches++) state.releaseEmptyRows();
  const after = next(state);
  assert.equal(after.isWhole, false);
  const target = open();
  for (const { payload } of [...sweeping.payloads(), ...after.payloads()]) target.restore(payload);
  assert.deepEqual(target.paneSlots("panes").panes(), []);
  assert.equal(target.keys.liveRows, keys);
});
