import assert from "node:assert/strict";
import { test } from "node:test";
import { TidemarkError } from "../foundation/error.ts";
import { keyColumnOf } from "../record/key-codec.ts";
import { memoryBackend, type MemoryBackendOptions } from "./memory-backend.ts";
import type { KeyedState } from "./state-backend.ts";
import { PLAIN_CODEC } from "./state-codec.ts";

const BATCH = 1_000;

function open(options: MemoryBackendOptions): KeyedState {
  const states = [{ name: "value", kind: "value" as const, codec: PLAIN_CODEC }];
  return memoryBackend(options).openKeyedState({ operator: "visits", keyGroupBits: 8, timers: [], states });
}

/** Keeps a value of each of the batch's keys. */
function fill(state: KeyedState, batch: number, value: unknown): void {
  const rows = new Int32Array(BATCH);
  state.keys.resolve(keyColumnOf(Array.from({ length: BATCH }, (_, i) => batch * BATCH + i)), BATCH, rows);
  for (const row of rows) state.value("value").set(row, value);
  state.releaseEmptyRows();
}

test("a step that holds more than its limit says so, with its keys and bytes", () => {
  const state = open({ bytesMax: 1_000_000 });
  assert.throws(
    () => {
      for (let batch = 0; batch < 1_000; batch++)
        fill(state, batch, { text: "a value of some length, kept for each key" });
    },
    (error) => {
      assert.ok(error instanceof TidemarkError);
      assert.equal(error.code, "TM_STATE_FULL");
      const { operator, keys, bytes, bytesMax } = error.facts as Record<string, number | string>;
      assert.deepEqual([operator, bytesMax], ["visits", 1_000_000]);
      assert.equal(keys, state.keys.liveRows);
      assert.ok((bytes as number) > 1_000_000 && (bytes as number) < 2_000_000, `${bytes} bytes`);
      return true;
    },
  );
});

test("what stays within its limit is never refused", () => {
  const state = open({ bytesMax: 1_000_000 });
  const rows = new Int32Array(BATCH);
  for (let batch = 0; batch < 50; batch++) {
    fill(state, batch, { n: batch });
    state.keys.resolve(keyColumnOf(Array.from({ length: BATCH }, (_, i) => batch * BATCH + i)), BATCH, rows);
    for (const row of rows) state.value("value").clear(row);
    state.releaseEmptyRows();
  }
  assert.equal(state.keys.liveRows, 0);
});

test("a machine without memory for more values is an error, and what was kept stays", (t) => {
  const state = open({});
  fill(state, 0, { n: 1 });
  const { ArrayBuffer: Real } = globalThis;
  t.after(() => {
    globalThis.ArrayBuffer = Real;
  });
  globalThis.ArrayBuffer = class extends Real {
    constructor(length: number) {
      if (length > 100_000) throw new RangeError("Array buffer allocation failed");
      super(length);
    }
  } as ArrayBufferConstructor;
  assert.throws(
    () => {
      state.value("value").set(0, { text: "x".repeat(3_000_000) });
    },
    { code: "TM_STATE_FULL" },
  );
  globalThis.ArrayBuffer = Real;
  assert.deepEqual(state.value("value").get(0), { n: 1 });
});
