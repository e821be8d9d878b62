import assert from "node:assert/strict";
import { test } from "node:test";
import { BATCH_ROWS_MAX } from "../record/batch.ts";
import { integerKeys } from "../record/integer-keys.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import type { PaneSlotState } from "../state/slot-state.ts";
import type { KeyedState } from "../state/state-backend.ts";
import { FIRED_FIELD, PaneFirings } from "./pane-firings.ts";

const COUNT = 3_000;

function open(): { state: KeyedState; firings: PaneFirings; rows: Int32Array } {
  const state = memoryBackend().openKeyedState({
    operator: "w",
    keyGroupBits: 4,
    timers: [],
    states: [{ name: "panes", kind: "paneSlots", fields: [FIRED_FIELD] }],
  });
  const rows = new Int32Array(COUNT);
  for (let from = 0; from < COUNT; from += 1_000)
    state.keys.resolve(
      integerKeys(Float64Array.from({ length: 1_000 }, (_, i) => from + i)),
      1_000,
      rows.subarray(from, from + 1_000),
    );
  return { state, firings: new PaneFirings(state.paneSlots("panes")), rows };
}

/** Keys of the panes for which the window had fired before. */
function fire(firings: PaneFirings, slots: PaneSlotState, panes: readonly number[], end: number): number {
  const fired = new Set<number>();
  const rows = new Int32Array(BATCH_ROWS_MAX);
  const at = new Int32Array(BATCH_ROWS_MAX);
  for (const pane of panes) {
    let from = 0;
    for (let count = -1; count !== 0; from += count) {
      count = slots.scan(pane, from, rows, at);
      firings.fire({ words: slots.words, stateRows: rows, slots: at, count }, end, fired);
    }
  }
  return fired.size;
}

test("a window that has fired is known from its panes, also after a restore, and for keys that came too late", () => {
  const { state, firings, rows } = open();
  const panes = state.paneSlots("panes");
  panes.claimAll(rows, COUNT, 0, new Int32Array(COUNT));
  for (const row of rows.subarray(0, 10)) panes.claim(row, 10);
  assert.equal(fire(firings, panes, [0, 10], 20), 0);
  assert.equal(firings.hasFired(rows[2_000] as number, [0, 10], 20), true);
  assert.equal(firings.hasFired(rows[2_000] as number, [10], 20), false);
  // The window is over when they come.
  firings.close(rows.subarray(20, 25), 5, { pane: 10, end: 20 });
  firings.close(rows.subarray(20, 25), 5, { pane: 10, end: 10 });
  panes.claim(rows[30] as number, 10);

  const restored = open();
  for (const { payload } of state.snapshot()) restored.state.restore(payload);
  const kept = restored.state.paneSlots("panes");
  assert.equal(fire(restored.firings, kept, [0, 10], 20), COUNT);
  kept.dropPane(0);
  assert.equal(fire(restored.firings, kept, [10], 20), 16, "the thirty-first key fired after the restore");
  assert.equal(fire(restored.firings, kept, [10], 30), 0);
});
