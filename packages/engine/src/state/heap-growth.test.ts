import assert from "node:assert/strict";
import { test } from "node:test";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { keyColumnOf } from "../record/key-codec.ts";
import { memoryBackend } from "./memory-backend.ts";
import type { KeyedState, StateDescriptor } from "./state-backend.ts";
import { PLAIN_CODEC } from "./state-codec.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What garbage collection has to walk: memory behind typed arrays is not in it. */
function heapBytes(): number {
  collect();
  collect();
  return getHeapStatistics().used_heap_size;
}

const BATCH = 1_000;
const FIELDS = ["count", "sum"].map((name) => ({ name, kind: "number" as const, initial: 0, codec: null }));

function open(states: readonly StateDescriptor[]): KeyedState {
  return memoryBackend().openKeyedState({ operator: "heap", keyGroupBits: 8, timers: ["t"], states });
}

function fill(state: KeyedState, from: number, keys: number, write: (rows: Int32Array, first: number) => void): void {
  const rows = new Int32Array(BATCH);
  for (let first = from; first < keys; first += BATCH) {
    state.keys.resolve(keyColumnOf(Array.from({ length: BATCH }, (_, i) => first + i)), BATCH, rows);
    write(rows, first);
    state.releaseEmptyRows();
  }
}

/** Bytes that the heap has more with `many` keys than with `few`. */
function growth(
  state: KeyedState,
  few: number,
  many: number,
  write: (rows: Int32Array, first: number) => void,
): number {
  fill(state, 0, few, write);
  const before = heapBytes();
  fill(state, few, many, write);
  const after = heapBytes();
  assert.equal(state.keys.liveRows, many);
  return after - before;
}

test("slots, pane slots and timers: a million keys are no more heap objects than ten thousand", () => {
  const state = open([
    { name: "slots", kind: "slots", fields: FIELDS },
    { name: "panes", kind: "paneSlots", fields: FIELDS },
  ]);
  const slots = state.slots("slots");
  const panes = state.paneSlots("panes");
  const at = new Int32Array(BATCH);
  const grown = growth(state, 10_000, 1_000_000, (rows, first) => {
    for (const row of rows) {
      slots.claim(row);
      state.timers.set(row, 0, 1_000_000 - row);
    }
    panes.claimAll(rows, BATCH, first % 3_000, at);
  });
  assert.equal(panes.panes().length, 3);
  // A third of a byte per key: what there is of arrays of array pages.
  assert.ok(grown < 330_000, `the heap grew by ${grown} bytes`);
});

test("values, lists and maps kept by copy: keys are no heap objects", () => {
  const kinds = ["value", "list", "map"] as const;
  const state = open(kinds.map((kind) => ({ name: kind, kind, codec: PLAIN_CODEC })));
  const grown = growth(state, 5_000, 105_000, (rows, first) => {
    for (const row of rows) {
      state.value("value").set(row, { text: `value of ${row}`, n: first });
      state.list("list").add(row, { n: row });
      state.map("map").set(row, "key", [row]);
    }
  });
  assert.ok(grown < 600_000, `the heap grew by ${grown} bytes`);
});
