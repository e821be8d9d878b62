import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BATCH_ROWS_MAX } from "../../record/batch.ts";
import { integerKeys } from "../../record/integer-keys.ts";
import { memoryBackend } from "../memory-backend.ts";
import type { KeyedState } from "../state-backend.ts";

const FIELDS = [{ name: "n", kind: "number", initial: 0, codec: null }] as const;
type Model = Map<number, Map<number, number>>;

function open(): KeyedState {
  return memoryBackend().openKeyedState({
    operator: "panes",
    keyGroupBits: 2,
    timers: [],
    states: [{ name: "panes", kind: "paneSlots", fields: FIELDS }],
  });
}

function rowsOf(state: KeyedState, keys: readonly number[]): Int32Array {
  const rows = new Int32Array(keys.length);
  for (let from = 0; from < keys.length; from += BATCH_ROWS_MAX) {
    const some = keys.slice(from, from + BATCH_ROWS_MAX);
    state.keys.resolve(integerKeys(Float64Array.from(some)), some.length, rows.subarray(from, from + some.length));
  }
  return rows;
}

/** What a state holds, by pane and key; found both by scanning and by asking for each key. */
function content(state: KeyedState, keys: number): Model {
  const panes = state.paneSlots("panes");
  const found: Model = new Map();
  const rows = new Int32Array(100);
  const slots = new Int32Array(100);
  const all = rowsOf(
    state,
    Array.from({ length: keys }, (_, key) => key),
  );
  for (const pane of panes.panes()) {
    const byKey = new Map<number, number>();
    for (let from = 0; ;) {
      const count = panes.scan(pane, from, rows, slots);
      if (count === 0) break;
      for (let i = 0; i < count; i++)
        byKey.set(state.keys.key(rows[i] as number) as number, panes.words[slots[i] as number] as number);
      from += count;
    }
    assert.equal(panes.size(pane), byKey.size);
    for (const [key, row] of all.entries()) {
      const at = panes.find(row, pane);
      assert.equal(at < 0 ? undefined : panes.words[at], byKey.get(key), `key ${key} in pane ${pane}`);
    }
    found.set(pane, byKey);
  }
  state.releaseEmptyRows();
  return found;
}

const sorted = (model: Model): unknown =>
  [...model].map(([pane, rows]) => [pane, [...rows].sort(([a], [b]) => a - b)] as const).sort(([a], [b]) => a - b);
const copied = (model: Model): Model => new Map(Array.from(model, ([pane, rows]) => [pane, new Map(rows)]));

const KEYS = 24;
const key = fc.nat(KEYS - 1);
const pane = fc.nat(5).map((number) => number * 1_000);
const write = fc.record({ pane, keys: fc.array(key, { minLength: 1, maxLength: 12 }), to: fc.nat(1_000) });
type Step =
  | { readonly add: { pane: number; keys: number[]; to: number } }
  | { readonly delete: { pane: number; key: number } }
  | { readonly drop: number }
  | { readonly record: "commit" | "rollback"; readonly steps: readonly Step[] }
  | { readonly freeze: true }
  | { readonly release: true };
const plain: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ add: write }) },
  { weight: 2, arbitrary: fc.record({ delete: fc.record({ pane, key }) }) },
  fc.record({ drop: pane }),
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: plain },
    { weight: 2, arbitrary: fc.record({ record: fc.constantFrom("commit", "rollback"), steps: fc.array(plain) }) },
    fc.constant<Step>({ freeze: true }),
    fc.constant<Step>({ release: true }),
  ),
  { minLength: 5, maxLength: 60, size: "max" },
);

/** Takes one step in the state and in the model. */
function take(state: KeyedState, model: Model, step: Step): void {
  const panes = state.paneSlots("panes");
  if ("add" in step) {
    const { pane, keys, to } = step.add;
    const rows = rowsOf(state, keys);
    const slots = new Int32Array(rows.length);
    const inRecord = to % 2 === 0;
    if (inRecord) panes.claimAll(rows, rows.length, pane, slots);
    for (const [i, row] of rows.entries()) {
      const at = inRecord ? (slots[i] as number) : panes.claim(row, pane);
      panes.touch(at);
      panes.words[at] = to + i;
      const byKey = model.get(pane) ?? new Map<number, number>();
      model.set(pane, byKey.set(keys[i] as number, to + i));
    }
  } else if ("delete" in step) {
    const { pane, key } = step.delete;
    panes.delete(rowsOf(state, [key])[0] as number, pane);
    model.get(pane)?.delete(key);
    if (model.get(pane)?.size === 0) model.delete(pane);
  } else if ("drop" in step) {
    panes.dropPane(step.drop);
    model.delete(step.drop);
  }
}

test("panes equal maps: rows come and go in several panes, records are undone, snapshots are as of their beginning", () => {
  fc.assert(
    fc.property(steps, (given) => {
      const state = open();
      let model: Model = new Map();
      let reading: { readonly slices: ReturnType<KeyedState["freeze"]>; readonly was: Model } | null = null;
      const finish = (): void => {
        if (reading === null) return;
        while (!reading.slices.advance(3));
        const restored = open();
        for (const { payload } of reading.slices.payloads()) restored.restore(payload);
        assert.deepEqual(sorted(content(restored, KEYS)), sorted(reading.was));
        reading = null;
      };
      for (const step of given) {
        if ("record" in step) {
          const before = copied(model);
          state.begin();
          for (const inner of step.steps) take(state, model, inner);
          state[step.record]();
          if (step.record === "rollback") model = before;
        } else if ("freeze" in step) {
          finish();
          reading = { slices: state.freeze(), was: copied(model) };
        } else if ("release" in step) {
          state.releaseEmptyRows();
        } else {
          take(state, model, step);
        }
        assert.deepEqual(sorted(content(state, KEYS)), sorted(model));
      }
      finish();
      for (const pane of state.paneSlots("panes").panes()) state.paneSlots("panes").dropPane(pane);
      state.releaseEmptyRows();
      assert.equal(state.keys.liveRows, 0);
    }),
    { numRuns: 150 },
  );
});

test("a slot that moved, in a pane that was dropped, comes back where it was although its row had come into a newer pane", () => {
  const state = open();
  const model: Model = new Map();
  take(state, model, { add: { pane: 0, keys: [19, 0], to: 0 } });
  const before = copied(model);
  state.begin();
  take(state, model, { add: { pane: 1_000, keys: [0], to: 0 } });
  take(state, model, { delete: { pane: 0, key: 19 } });
  take(state, model, { drop: 0 });
  state.rollback();
  take(state, before, { delete: { pane: 0, key: 0 } });
  assert.deepEqual(sorted(content(state, KEYS)), sorted(before));
});

test("large panes: rows of newer panes stay found in older ones, and dropped ones let go their rows in parts", () => {
  const state = open();
  const panes = state.paneSlots("panes");
  const count = 80_000;
  const rows = rowsOf(
    state,
    Array.from({ length: count }, (_, key) => key),
  );
  const slots = new Int32Array(count);
  const add = (pane: number, from: number, step: number): void => {
    const some = rows.filter((_, i) => i >= from && i % step === 0);
    panes.claimAll(some, some.length, pane, slots);
    for (const [i, row] of some.entries()) panes.words[slots[i] as number] = pane + row;
  };
  add(0, 0, 2);
  add(1, 30_000, 3);
  const reading = state.freeze();
  add(0, 0, 1);
  add(2, 10, 4);
  for (const [pane, from, step] of [
    [0, 0, 1],
    [1, 30_000, 3],
    [2, 10, 4],
  ] as const) {
    for (const [i, row] of rows.entries()) {
      const at = panes.find(row, pane);
      assert.equal(at < 0 ? -1 : panes.words[at], i >= from && i % step === 0 ? pane + row : -1);
    }
  }
  while (!reading.advance(1_000));
  const restored = open();
  for (const { payload } of reading.payloads()) restored.restore(payload);
  assert.deepEqual(
    restored
      .paneSlots("panes")
      .panes()
      .map((pane) => restored.paneSlots("panes").size(pane)),
    [count / 2, rows.filter((_, i) => i >= 30_000 && i % 3 === 0).length],
  );
  panes.dropPane(0);
  panes.dropPane(2);
  for (const row of rows) assert.equal(panes.find(row, 0), -1);
  let calls = 0;
  for (; state.keys.liveRows > panes.size(1); calls++) state.releaseEmptyRows();
  assert.ok(calls > 1 && calls < 20, `${calls} calls`);
  for (const [i, row] of rows.entries()) assert.equal(panes.find(row, 1) >= 0, i >= 30_000 && i % 3 === 0);
});
