import assert from "node:assert/strict";
import { test } from "node:test";
import { integerKeys } from "../record/integer-keys.ts";
import { memoryBackend } from "../state/memory-backend.ts";
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

test("a window that has fired is known from its panes, also after a restore, and for keys that came too late", () => {
  const { state, firings, rows } = open();
  const panes = state.paneSlots("panes");
  panes.claimAll(rows, COUNT, 0, new Int32Array(COUNT));
  for (const row of rows.subarray(0, 10)) panes.claim(row, 10);
  assert.equal(firings.fire([0, 10], 20), null);
  assert.equal(firings.hasFired(rows[2_000] as number, [0, 10], 20), true);
  assert.equal(firings.hasFired(rows[2_000] as number, [10], 20), false);
  // The window is over when they come.
  firings.close(rows.subarray(20, 25), 5, { pane: 10, end: 20 });
  firings.close(rows.subarray(20, 25), 5, { pane: 10, end: 10 });
  panes.claim(rows[30] as number, 10);

  const restored = open();
  for (const { payload } of state.snapshot()) restored.state.restore(payload);
  assert.equal(restored.firings.fire([0, 10], 20)?.size, COUNT);
  restored.state.paneSlots("panes").dropPane(0);
  const again = restored.firings.fire([10], 20);
  assert.equal(again?.size, 16, "the thirty-first key fired with the firing after the restore");
  assert.equal(restored.firings.fire([10], 30), null);
});
