import assert from "node:assert/strict";
import { test } from "node:test";
import { keyColumnOf } from "../record/key-codec.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import type { KeyedState } from "../state/state-backend.ts";
import type { ChainLink } from "./chain.ts";
import { SNAPSHOT_STEPS, StateReading } from "./state-reading.ts";

const KEYS = SNAPSHOT_STEPS * 2;
const keys = keyColumnOf(Array.from({ length: KEYS }, (_, i) => i));

function open(): KeyedState {
  const fields = [{ name: "n", kind: "number" as const, initial: 0, codec: null }];
  return memoryBackend().openKeyedState({
    operator: "operator",
    keyGroupBits: 8,
    timers: ["t"],
    states: [{ name: "slots", kind: "slots", fields }],
  });
}

test("the state of several operators is read in slices, as it was, while it goes on being written", () => {
  const rows = new Int32Array(KEYS);
  const states = [open(), open()];
  for (const state of states) {
    state.keys.resolve(keys, KEYS, rows);
    const slots = state.slots("slots");
    for (const row of rows) {
      const at = slots.claim(row);
      slots.words[at] = row;
      state.timers.set(row, 0, row);
    }
  }
  const links = [null, ...states].map((state, i) => ({ name: `operator ${i}`, state })) as readonly unknown[];
  const reading = new StateReading(links as readonly ChainLink[]);
  let slices = 1;
  for (; !reading.advance(); slices++) {
    for (const state of states) {
      const slots = state.slots("slots");
      for (const row of rows) {
        slots.touch(slots.find(row));
        slots.words[slots.find(row)] = -slices;
        state.timers.clear(row, 0);
      }
    }
  }
  assert.ok(slices > 8, `only ${slices} slices`);
  for (const name of ["operator 1", "operator 2"]) {
    const restored = open();
    for (const { operator, payload } of reading.blocks) if (operator === name) restored.restore(payload);
    restored.keys.resolve(keys, KEYS, rows);
    const slots = restored.slots("slots");
    for (const [i, row] of rows.entries()) {
      assert.equal(slots.words[slots.find(row)], i);
      assert.equal(restored.timers.get(row, 0), i);
    }
  }
});
