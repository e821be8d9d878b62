import type { Key } from "../../record/key-column.ts";
import type { KeyedState, KeyGroupPayload, StateDescriptor } from "../state-backend.ts";
import { allKinds, check, contents, equal, resolve, type Open, type Test } from "./harness.ts";

const KEYS = 2_000;
const BATCH = 60;
const PANES = [0, 10, 20];
const SLOT: StateDescriptor = {
  name: "slots",
  kind: "slots",
  fields: [{ name: "n", kind: "number", initial: 0, codec: null }],
};

/** Snapshots of a series: each restores, behind those before it, to what there was. */
export function seriesTests(test: Test, open: Open): void {
  const states = [...allKinds(), SLOT];

  test("series: each snapshot restores to what there was, behind those since the last whole one", () => {
    const state = open({ states });
    const random = numbers(7);
    const all: Key[] = Array.from({ length: KEYS }, (_, i) => (i % 3 === 0 ? i : `key ${i}`));
    changeBatch(state, all, random, 0);
    let chain: KeyGroupPayload[] = [];
    for (let round = 1; round <= 12; round++) {
      for (let batch = 0; batch < 3; batch++) changeBatch(state, some(all, random), random, round);
      if (round % 4 === 0) state.panes("panes").dropPane(PANES[round % PANES.length] as number);
      state.releaseEmptyRows();
      const expected = restored(open, states, state.snapshot());
      const reading = state.freezeNext();
      // What changes while it is read belongs to the next one.
      for (let slice = 0; !reading.advance(500); slice++) {
        if (slice < 3) changeBatch(state, some(all, random), random, round);
      }
      chain = reading.isWhole ? reading.payloads() : [...chain, ...reading.payloads()];
      const found = restored(open, states, chain);
      equal(found.size(), expected.size(), "keys and bytes");
      for (const key of all) equal(seen(found, key), seen(expected, key), `round ${round}, key ${String(key)}`);
    }
  });

  test("series: a key that is gone stays gone, and one that comes back has only what is new", () => {
    const state = open({ states });
    const all = Array.from({ length: KEYS }, (_, i) => i);
    for (const row of resolve(state.keys, all)) state.value("value").set(row, "old");
    const chain = read(state).payloads();
    const [gone, back] = resolve(state.keys, [1, 2]) as [number, number];
    state.value("value").clear(gone);
    state.value("value").clear(back);
    state.releaseEmptyRows();
    const [again] = resolve(state.keys, [2]) as [number];
    state.list("list").add(again, "new");
    const next = read(state);
    const found = restored(open, states, next.isWhole ? next.payloads() : [...chain, ...next.payloads()]);
    check(found.keys.liveRows === KEYS - 1, "a key that is gone came back");
    const row = (resolve(found.keys, [2]) as [number])[0];
    equal([found.value("value").get(row), found.list("list").get(row)], [undefined, ["new"]], "a key that came back");
  });

  test("series: after a reading that was given up, or a restore, the next is whole", () => {
    const state = open({ states });
    const rows = resolve(
      state.keys,
      Array.from({ length: KEYS }, (_, i) => i),
    );
    for (const row of rows) state.value("value").set(row, row);
    check(read(state).isWhole, "the first is not whole");
    const given = state.freezeNext();
    given.advance(10);
    given.abandon();
    const next = read(state);
    check(next.isWhole, "the one after it is not whole");
    check(read(restored(open, states, next.payloads())).isWhole, "the one after a restore is not whole");
  });
}

function read(state: KeyedState): ReturnType<KeyedState["freezeNext"]> {
  const reading = state.freezeNext();
  while (!reading.advance(1_000));
  return reading;
}

function restored(open: Open, states: StateDescriptor[], payloads: readonly KeyGroupPayload[]): KeyedState {
  const state = open({ states });
  for (const { payload } of payloads) state.restore(payload);
  state.releaseEmptyRows();
  return state;
}

function seen(state: KeyedState, key: Key): unknown {
  const row = (resolve(state.keys, [key]) as [number])[0];
  const slots = state.slots("slots");
  const at = slots.find(row);
  return [contents(state, row), at < 0 ? null : slots.words[at]];
}

/** Reads some keys, changes others, each in one or two states; some lose what they have. */
function changeBatch(state: KeyedState, keys: readonly Key[], random: () => number, round: number): void {
  const rows = resolve(state.keys, keys);
  const slots = state.slots("slots");
  rows.forEach((row, i) => {
    const kind = random() % 9;
    if (kind === 0) state.value("value").set(row, { round, i });
    if (kind === 1) state.list("list").add(row, i);
    if (kind === 2) state.map("map").set(row, `entry ${i % 5}`, round);
    if (kind === 3) state.map("map").delete(row, `entry ${i % 5}`);
    if (kind === 4) state.panes("panes").set(row, PANES[i % PANES.length] as number, round);
    if (kind === 5) state.timers.set(row, i % 2, round + (random() % 4));
    if (kind === 6) {
      const found = slots.find(row);
      const at = found < 0 ? slots.claim(row) : found;
      slots.touch(at);
      slots.words[at] = (slots.words[at] as number) + round;
    }
    if (kind === 7) clear(state, row);
  });
  for (let due = state.timers.popDue(3, round); due !== null; due = state.timers.popDue(3, round)) {
    if (due.timer === 0) state.value("value").set(due.row, due.time);
  }
}

function clear(state: KeyedState, row: number): void {
  state.value("value").clear(row);
  state.list("list").clear(row);
  state.map("map").clear(row);
  state.slots("slots").clear(row);
  for (const pane of PANES) state.panes("panes").delete(row, pane);
  for (const timer of [0, 1]) state.timers.clear(row, timer);
}

function some(all: readonly Key[], random: () => number): Key[] {
  return Array.from({ length: BATCH }, () => all[random() % all.length] as Key);
}

/** Numbers that look random, the same each time (a linear congruence). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}
