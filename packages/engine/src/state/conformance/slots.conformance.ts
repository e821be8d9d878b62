import type { KeyedState, KeyGroupPayload, SlotDescriptor, SlotKind } from "../state-backend.ts";
import type { SlotField, Slots } from "../slot-state.ts";
import { PLAIN_CODEC } from "../state-codec.ts";
import { check, equal, resolve, same, throws, type Open, type Test } from "./harness.ts";

const number = (name: string, initial: number): SlotField => ({ name, kind: "number", initial, codec: null });
const value = (name: string): SlotField => ({ name, kind: "value", initial: 0, codec: PLAIN_CODEC });
const FIELDS: readonly SlotField[] = [
  number("count", 0),
  number("least", Number.POSITIVE_INFINITY),
  value("seen"),
  number("last", Number.NaN),
];
const SEEN = 2;
const slots = (kind: SlotKind, fields: readonly SlotField[] = FIELDS, name: string = kind): SlotDescriptor => ({
  name,
  kind,
  fields,
});
const BOTH: readonly SlotDescriptor[] = [slots("slots"), slots("paneSlots")];

/** Slots of rows and of panes. */
export function slotTests(test: Test, given: Open): void {
  const open: Open = (options) => given({ states: BOTH, ...options });
  rowTests(test, open);
  paneTests(test, open);
  journalTests(test, open);
  snapshotTests(test, open);
}

function rowTests(test: Test, open: Open): void {
  test("slots: made with initial words, written in place, cleared", () => {
    const state = open();
    const slots = state.slots("slots");
    const [one, two] = resolve(state.keys, ["one", "two"]) as [number, number];
    check(slots.find(one) === -1, "a new row has a slot");
    const at = slots.claim(one);
    equal(row(state, one), [0, Number.POSITIVE_INFINITY, undefined, Number.NaN], "initial words");
    slots.words[at] = 7;
    slots.setValue(at, SEEN, { a: ["b"] });
    check(slots.claim(one) === at && slots.find(one) === at, "a slot moved");
    slots.claim(two);
    equal(row(state, one), [7, Number.POSITIVE_INFINITY, { a: ["b"] }, Number.NaN], "what was written");
    slots.setValue(at, SEEN, undefined);
    equal(row(state, one), [7, Number.POSITIVE_INFINITY, undefined, Number.NaN], "undefined clears a value");
    state.releaseEmptyRows();
    check(state.keys.liveRows === 2, "a row with a slot was released");
    slots.clear(one);
    slots.clear(one);
    check(slots.find(one) === -1, "a cleared slot stayed");
    state.releaseEmptyRows();
    check(state.keys.liveRows === 1, "a row without its slot stayed");
    slots.claim(resolve(state.keys, ["three"])[0] as number);
    equal(
      row(state, resolve(state.keys, ["three"])[0] as number),
      [0, Number.POSITIVE_INFINITY, undefined, Number.NaN],
      "a slot that is used again begins anew",
    );
  });

  test("slots: a value comes back fresh and shares nothing", () => {
    const state = open();
    const slots = state.slots("slots");
    const at = slots.claim((resolve(state.keys, ["k"]) as [number])[0]);
    const set = { list: [1] };
    slots.setValue(at, SEEN, set);
    set.list.push(2);
    (slots.value(at, SEEN) as typeof set).list.push(3);
    equal(slots.value(at, SEEN), { list: [1] }, "a value changed behind the engine's back");
    for (const given of [null, 0, -0, "", "\uD800", 5n, Uint8Array.of(1, 2), "x".repeat(100_000)]) {
      slots.setValue(at, SEEN, given);
      equal(slots.value(at, SEEN), given, "what was set comes back");
    }
  });

  test("slots: many rows come and go", () => {
    const state = open();
    const slots = state.slots("slots");
    for (let round = 0; round < 4; round++) {
      const rows = resolve(
        state.keys,
        Array.from({ length: 3_000 }, (_, i) => `${round} ${i}`),
      );
      rows.forEach((at, i) => write(slots, slots.claim(at), i));
      rows.forEach((at, i) => check(slots.words[slots.find(at)] === i, "a row found another's slot"));
      rows.forEach((at, i) => i % 3 > 0 && slots.clear(at));
      state.releaseEmptyRows();
      check(state.keys.liveRows === 1_000 * (round + 1), "wrong number of rows");
    }
  });
}

function paneTests(test: Test, open: Open): void {
  test("pane slots: a table per pane, ascending, scanned in slices, dropped whole", () => {
    const state = open();
    const panes = state.paneSlots("paneSlots");
    const rows = Int32Array.from(
      resolve(
        state.keys,
        Array.from({ length: 1_000 }, (_, i) => i),
      ),
    );
    const slots = new Int32Array(rows.length);
    for (const pane of [200, -100, 0]) {
      panes.claimAll(rows, rows.length, pane, slots);
      slots.forEach((at, i) => (panes.words[at] = pane + i));
      check(
        slots.every((at, i) => panes.find(rows[i] as number, pane) === at),
        "claimAll and find differ",
      );
    }
    panes.claimAll(rows, 0, 999, slots);
    const starts = panes.panes();
    equal(starts, [-100, 0, 200], "pane starts");
    check(panes.size(0) === 1_000 && panes.size(7) === 0, "sizes");
    equal(scanned(state, 200, 7), new Map(Array.from(rows, (at, i) => [at, 200 + i])), "a pane's slots");
    check(panes.scan(7, 0, new Int32Array(8), new Int32Array(8)) === 0, "an absent pane has slots");
    panes.dropPane(200);
    panes.dropPane(200);
    equal(panes.panes(), [-100, 0], "panes after a drop");
    equal(starts, [-100, 0, 200], "a list of starts changed while the caller had it");
    check(panes.find(rows[0] as number, 200) === -1, "a dropped slot stayed");
    equal(scanned(state, 0, 1_000), new Map(Array.from(rows, (at, i) => [at, i])), "another pane's slots");
    const again = panes.claim(rows[5] as number, 200);
    equal(Array.from(panes.words.subarray(again, again + 2)), [0, Number.POSITIVE_INFINITY], "a slot used again");
  });

  test("pane slots: deleting leaves the others, the last one ends the pane", () => {
    const state = open();
    const panes = state.paneSlots("paneSlots");
    const rows = resolve(
      state.keys,
      Array.from({ length: 100 }, (_, i) => i),
    );
    rows.forEach((at, i) => write(panes, panes.claim(at, 0), i));
    rows.forEach((at, i) => panes.setValue(panes.find(at, 0), SEEN, `value ${i}`));
    const left = new Map(rows.map((at, i) => [at, i]));
    for (let i = 0; i < 100; i += 3) {
      panes.delete(rows[i] as number, 0);
      panes.delete(rows[i] as number, 0);
      panes.delete(rows[i] as number, 5);
      left.delete(rows[i] as number);
    }
    equal(scanned(state, 0, 9), left, "what is left");
    for (const [at, i] of left) equal(panes.value(panes.find(at, 0), SEEN), `value ${i}`, "a value that stayed");
    for (const at of left.keys()) panes.delete(at, 0);
    equal(panes.panes(), [], "an empty pane is none");
    state.releaseEmptyRows();
    check(state.keys.liveRows === 0, "rows without panes stayed");
  });
}

function journalTests(test: Test, open: Open): void {
  test("slots: rollback brings back words, values, slots and panes; commit keeps the changes", () => {
    for (const end of ["rollback", "commit"] as const) {
      const state = open();
      const rows = resolve(
        state.keys,
        Array.from({ length: 40 }, (_, i) => i),
      );
      fill(state, rows.slice(0, 30));
      const before = everything(state, rows);
      state.begin();
      change(state, rows);
      const changed = everything(state, rows);
      state[end]();
      equal(everything(state, rows), end === "commit" ? changed : before, `the slots after ${end}`);
      state.begin();
      state.rollback();
      equal(everything(state, rows), end === "commit" ? changed : before, "a later rollback reached behind");
      // What was freed may be used again now, and no sooner.
      fill(state, rows);
      for (const at of rows) equal(state.slots("slots").value(state.slots("slots").find(at), SEEN), [at], "a value");
    }
  });

  test("slots: rows made empty by a rollback are released", () => {
    const state = open();
    const rows = resolve(state.keys, ["a", "b"]);
    state.begin();
    fill(state, rows);
    state.rollback();
    state.releaseEmptyRows();
    check(state.keys.liveRows === 0, "a rolled back row stayed");
    equal(state.paneSlots("paneSlots").panes(), [], "a rolled back pane stayed");
  });
}

function snapshotTests(test: Test, open: Open): void {
  test("slots: a snapshot restores them, and is as of the call", () => {
    const source = open();
    const keys = Array.from({ length: 500 }, (_, i) => `key ${i}`);
    fill(source, resolve(source.keys, keys));
    source.paneSlots("paneSlots").claim((resolve(source.keys, ["key 7"]) as [number])[0], 1.5);
    const before = byKey(source, keys);
    const payloads = source.snapshot();
    equal(byKey(source, keys), before, "a snapshot changed state");
    change(source, resolve(source.keys, keys));
    check(!same(byKey(source, keys), before), "nothing was changed");
    const target = restored(open, payloads.toReversed());
    equal(byKey(target, keys), before, "what was restored");
    equal(byKey(restored(open, target.snapshot()), keys), before, "what was restored twice");
  });

  test("slots: a snapshot is read in slices as of its beginning", () => {
    for (const steps of [3, 100]) {
      const source = open();
      const keys = Array.from({ length: 300 }, (_, i) => `key ${i}`);
      const rows = resolve(source.keys, keys);
      fill(source, rows);
      const before = byKey(source, keys);
      const reading = source.freeze();
      while (!reading.advance(steps)) change(source, rows);
      const payloads = reading.payloads();
      equal(byKey(restored(open, payloads), keys), before, "a later write got into the snapshot");
      const changed = byKey(source, keys);
      equal(byKey(restored(open, source.snapshot()), keys), changed, "the snapshot after that");
    }
  });

  test("slots: fields are found by name, new ones begin as declared", () => {
    const source = open();
    const [one] = resolve(source.keys, ["one"]) as [number];
    fill(source, [one]);
    const payloads = source.snapshot();
    const fields = [number("new", 5), value("none"), FIELDS[3], FIELDS[2], FIELDS[1], FIELDS[0]] as SlotField[];
    const target = restored(open, payloads, [slots("slots", fields), slots("paneSlots", fields)]);
    const [again] = resolve(target.keys, ["one"]) as [number];
    const at = target.slots("slots").find(again);
    const words = target.slots("slots").words;
    equal([words[at], words[at + 2], words[at + 5]], [5, 0.5, one + 1], "words by name");
    equal(target.slots("slots").value(at, 1), undefined, "a new value field has a value");
    equal(target.slots("slots").value(at, 3), [one], "a value by name");
    const refused = (states: SlotDescriptor[]): void =>
      throws(() => restored(open, payloads, states), "TM_STATE_INCOMPATIBLE");
    refused([slots("slots", FIELDS.slice(1)), slots("paneSlots")]);
    refused([slots("slots", [value("count"), ...FIELDS.slice(1)]), slots("paneSlots")]);
    refused([slots("paneSlots", FIELDS, "slots"), slots("paneSlots")]);
    refused([slots("slots")]);
  });

  test("slots: bytes that make no sense are refused as corrupt", () => {
    const source = open();
    fill(source, resolve(source.keys, ["a"]));
    const [{ payload }] = source.snapshot() as [KeyGroupPayload];
    for (let length = 1; length < payload.length; length++) {
      throws(() => open().restore(payload.subarray(0, length)), "TM_CHECKPOINT_CORRUPT");
    }
    throws(() => open().restore(Uint8Array.of(...payload, 0)), "TM_CHECKPOINT_CORRUPT");
  });
}

function restored(
  open: Open,
  payloads: readonly KeyGroupPayload[],
  states: readonly SlotDescriptor[] = BOTH,
): KeyedState {
  const target = open({ states });
  for (const { payload } of payloads) target.restore(payload);
  return target;
}

/** A slot per row, and one in each of two panes. */
function fill(state: KeyedState, rows: readonly number[]): void {
  const slots = state.slots("slots");
  const panes = state.paneSlots("paneSlots");
  for (const at of rows) {
    const slot = slots.claim(at);
    slots.words[slot] = at + 1;
    slots.words[slot + 3] = 0.5;
    slots.setValue(slot, SEEN, [at]);
    for (const pane of [-60_000, 60_000]) {
      const inPane = panes.claim(at, pane);
      panes.words[inPane] = pane + at;
      panes.setValue(inPane, SEEN, at % 3 === 0 ? undefined : `seen ${at}`);
    }
  }
}

/** Writes of every kind: in place, new and gone slots, a pane emptied, one dropped and made anew. */
function change(state: KeyedState, rows: readonly number[]): void {
  const slots = state.slots("slots");
  const panes = state.paneSlots("paneSlots");
  rows.forEach((at, i) => {
    const slot = slots.claim(at);
    slots.touch(slot);
    slots.words[slot] = -i;
    if (i % 2 === 0) slots.setValue(slot, SEEN, `changed ${i}`);
    if (i % 3 === 0) slots.clear(at);
    if (i % 6 === 0) slots.setValue(slots.claim(at), SEEN, "again");
    const inPane = panes.find(at, 60_000);
    if (inPane >= 0) {
      panes.touch(inPane);
      panes.words[inPane + 1] = i;
      panes.setValue(inPane, SEEN, { i });
    }
    if (i % 4 !== 0) panes.delete(at, 60_000);
    write(panes, panes.claim(at, 0), 9);
    panes.delete(at, -60_000);
    if (i % 5 === 0) panes.setValue(panes.claim(at, 60_000), SEEN, "late");
  });
  panes.dropPane(0);
  write(panes, panes.claim(rows[0] as number, 0), 10);
  panes.dropPane(60_000);
  panes.claim(rows[1] as number, -60_000);
}

/** Not `slots.words[slots.claim(row)] = word`: that is the array before the claim. */
function write(slots: Slots, at: number, word: number): void {
  slots.words[at] = word;
}

function row(state: KeyedState, at: number): unknown[] {
  const slots = state.slots("slots");
  return slotContents(slots, slots.find(at));
}

function slotContents(
  slots: ReturnType<KeyedState["slots"]> | ReturnType<KeyedState["paneSlots"]>,
  at: number,
): unknown[] {
  return at < 0 ? [] : FIELDS.map(({ kind }, i) => (kind === "value" ? slots.value(at, i) : slots.words[at + i]));
}

/** Slots of rows, then those of panes in the order of a scan. */
function everything(state: KeyedState, rows: readonly number[]): unknown[] {
  const panes = state.paneSlots("paneSlots");
  const inPanes = panes.panes().map((pane) => {
    const found = new Int32Array(panes.size(pane));
    const slots = new Int32Array(panes.size(pane));
    panes.scan(pane, 0, found, slots);
    return [pane, Array.from(found, (at, i) => [at, ...slotContents(panes, slots[i] as number)])];
  });
  return [...rows.map((at) => row(state, at)), ...inPanes];
}

function byKey(state: KeyedState, keys: readonly string[]): unknown[] {
  const panes = state.paneSlots("paneSlots");
  return resolve(state.keys, keys).map((at) => [
    row(state, at),
    ...panes.panes().map((pane) => [pane, slotContents(panes, panes.find(at, pane))]),
  ]);
}

/** First words of a pane's slots, in order of rows, read in slices. */
function scanned(state: KeyedState, pane: number, slice: number): Map<number, number> {
  const panes = state.paneSlots("paneSlots");
  const rows = new Int32Array(slice);
  const slots = new Int32Array(slice);
  const seen = new Map<number, number>();
  for (let from = 0; ; from += slice) {
    const count = panes.scan(pane, from, rows, slots);
    for (let i = 0; i < count; i++) seen.set(rows[i] as number, panes.words[slots[i] as number] as number);
    if (count < slice) return new Map(Array.from(seen).sort(([a], [b]) => a - b));
  }
}
