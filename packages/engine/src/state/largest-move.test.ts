import assert from "node:assert/strict";
import { test } from "node:test";
import { integerKeys } from "../record/integer-keys.ts";
import { webAssembly } from "../record/kernels/web-assembly.ts";
import { memoryBackend } from "./memory-backend.ts";
import type { KeyedState } from "./state-backend.ts";

const BATCH = 1_000;
/** A snapshot is read in slices of so many steps. */
const STEPS = 2_000;
const FIELDS = ["count", "sum"].map((name) => ({ name, kind: "number" as const, initial: 0, codec: null }));
const TYPES = [Float64Array, Int32Array, Uint32Array, Uint16Array, Uint8Array];

type Move = "set" | "slice" | "fill" | "copyWithin";

/** How many numbers a call moves. */
function moved(name: Move, array: Float64Array, given: readonly unknown[], made: unknown): number {
  if (name === "set") return (given[0] as Float64Array).length;
  if (name === "slice") return (made as Float64Array).length;
  return ((given[2] as number | undefined) ?? array.length) - ((given[1] as number | undefined) ?? 0);
}

/** Most bytes that one call of set, slice, fill or copyWithin of a typed array has moved while `work` ran. */
function largestMove(work: () => void): number {
  let largest = 0;
  const undo: (() => void)[] = [];
  for (const { prototype } of TYPES) {
    for (const name of ["set", "slice", "fill", "copyWithin"] as const) {
      const own = Reflect.get(prototype, name) as (...given: unknown[]) => unknown;
      Object.defineProperty(prototype, name, {
        configurable: true,
        value(this: Float64Array, ...given: unknown[]) {
          const made = own.apply(this, given);
          largest = Math.max(largest, moved(name, this, given, made) * this.BYTES_PER_ELEMENT);
          return made;
        },
      });
      undo.push(() => Reflect.deleteProperty(prototype, name));
    }
  }
  try {
    work();
  } finally {
    for (const each of undo) each();
  }
  return largest;
}

/** Keys come in, fire their timers, change panes, are read for a snapshot while that goes on, and go. */
function live(keys: number): number {
  const state = memoryBackend().openKeyedState({
    operator: "moves",
    keyGroupBits: 8,
    timers: ["t"],
    states: [
      { name: "slots", kind: "slots", fields: FIELDS },
      { name: "panes", kind: "paneSlots", fields: FIELDS },
    ],
  });
  let pane = 0;
  return largestMove(() => {
    for (let first = 0; first < keys; first += BATCH) write(state, first, pane);
    pane = 1;
    const reading = state.freeze();
    for (let first = 0; !reading.advance(STEPS); first = (first + BATCH) % keys) write(state, first, pane);
    state.paneSlots("panes").dropPane(0);
    for (let first = 0; first < keys; first += BATCH) write(state, first, pane);
    for (let due = state.timers.popDue(1, 500); due !== null; due = state.timers.popDue(1, 500))
      state.slots("slots").clear(due.row);
    state.releaseEmptyRows();
  });
}

function write(state: KeyedState, first: number, pane: number): void {
  const rows = new Int32Array(BATCH);
  const at = new Int32Array(BATCH);
  state.keys.resolve(integerKeys(Float64Array.from({ length: BATCH }, (_, i) => first + i)), BATCH, rows);
  const slots = state.slots("slots");
  const panes = state.paneSlots("panes");
  panes.claimAll(rows, BATCH, pane, at);
  for (const [i, row] of rows.entries()) {
    const slot = slots.claim(row);
    slots.touch(slot);
    slots.words[slot] = first + i;
    panes.words[at[i] as number] = pane;
    state.timers.set(row, 0, ((first + i) * 7) % 1_000);
  }
  state.releaseEmptyRows();
}

test("no call copies more the more keys there are", { skip: webAssembly() === null }, () => {
  const moves = [60_000, 600_000].map(live);
  // A memory is a plain buffer up to 256 KiB; the payload of a key group is put together at once, and there are ten times as many keys in it.
  for (const bytes of moves) assert.ok(bytes <= 262_144, `${bytes} bytes were moved at once`);
});
