import { keyColumnOf } from "../record/key-codec.ts";
import {
  allKinds,
  BITS,
  check,
  descriptor,
  equal,
  ODD_KEYS,
  resolve,
  slice,
  type Open,
  type Test,
} from "./conformance/harness.ts";
import { journalTests } from "./conformance/journal.conformance.ts";
import { slotTests } from "./conformance/slots.conformance.ts";
import { seriesTests } from "./conformance/series.conformance.ts";
import { snapshotTests } from "./conformance/snapshots.conformance.ts";
import type { KeyedState, StateBackend } from "./state-backend.ts";

/** How the suite registers a test: `test` of node:test, vitest, jest or mocha will do. */
export interface StateBackendSuiteOptions {
  test(name: string, run: () => void): unknown;
  /** A backend without any state. */
  backend(): StateBackend;
}

/** Registers the tests that every state backend must pass. */
export function stateBackendSuite({ test, backend }: StateBackendSuiteOptions): void {
  const open = (options: Partial<Parameters<StateBackend["openKeyedState"]>[0]> = {}): KeyedState =>
    backend().openKeyedState({
      operator: "suite",
      keyGroupBits: BITS,
      timers: ["first", "second"],
      states: allKinds(),
      ...options,
    });
  keyTests(test, open);
  valueTests(test, open);
  collectionTests(test, open);
  paneTests(test, open);
  timerTests(test, open);
  journalTests(test, open);
  snapshotTests(test, open);
  seriesTests(test, open);
  slotTests(test, open);
}

function keyTests(test: Test, open: Open): void {
  test("keys: equal keys share a row, distinct keys never do", () => {
    const { keys } = open();
    const rows = resolve(keys, ODD_KEYS);
    check(new Set(rows).size === ODD_KEYS.length, "two distinct keys got one row");
    equal(resolve(keys, [...ODD_KEYS].reverse()), [...rows].reverse(), "rows of the same keys again");
    equal(resolve(keys, [-0, Number.NaN]), resolve(keys, [0, 0 / 0]), "-0 is 0 and NaN is one key");
    check(keys.liveRows === ODD_KEYS.length, "liveRows counts the rows");
  });

  test("keys: a row gives back its key, its bytes and a key column", () => {
    const { keys } = open();
    const column = keyColumnOf(ODD_KEYS);
    const rows = new Int32Array(ODD_KEYS.length);
    keys.resolve(column, ODD_KEYS.length, rows);
    const again = keys.keyColumn(rows, ODD_KEYS.length);
    for (let i = 0; i < ODD_KEYS.length; i++) {
      const bytes = Array.from(slice(column.bytes, column.offsets[i], column.lengths[i]));
      equal(keys.key(rows[i] as number), ODD_KEYS[i], "the key of a row");
      equal(Array.from(keys.keyBytes(rows[i] as number)), bytes, "the key bytes of a row");
      equal(Array.from(slice(again.bytes, again.offsets[i], again.lengths[i])), bytes, "the bytes in the key column");
      check(again.hashes[i] === column.hashes[i], "the hash in the key column");
    }
  });

  test("keys: rows without state are released and may be used again", () => {
    const state = open();
    const value = state.value<number>("value");
    const [kept, empty] = resolve(state.keys, ["kept", "empty"]) as [number, number];
    value.set(kept, 1);
    state.releaseEmptyRows();
    check(state.keys.liveRows === 1, "an empty row stayed");
    const [again, other] = resolve(state.keys, ["kept", "other"]) as [number, number];
    check(again === kept, "the row of a key with state changed");
    check(value.get(other) === undefined, "a new row has a value");
    value.clear(kept);
    state.releaseEmptyRows();
    check(state.keys.liveRows === 0 && state.size().rows === 0, "a cleared row stayed");
    check(empty !== kept, "two keys shared a row");
  });

  test("keys: many come and go", () => {
    const state = open();
    const value = state.value<string>("value");
    for (let round = 0; round < 6; round++) {
      const names = Array.from({ length: 3_000 }, (_, i) => `key-${round}-${i}-${"x".repeat(i % 40)}`);
      const rows = resolve(state.keys, names);
      rows.forEach((row, i) => value.set(row, names[i]));
      state.releaseEmptyRows();
      resolve(state.keys, names).forEach((row, i) => check(value.get(row) === names[i], "a key found another's row"));
      rows.forEach((row, i) => i % 10 !== 0 && value.clear(row));
      state.releaseEmptyRows();
      check(state.keys.liveRows === 300 * (round + 1), "wrong number of rows");
    }
  });
}

function valueTests(test: Test, open: Open): void {
  test("value: set, get, clear, undefined clears", () => {
    const state = open();
    const value = state.value<unknown>("value");
    const [row] = resolve(state.keys, ["k"]) as [number];
    check(value.get(row) === undefined, "a new row has a value");
    for (const given of [
      0,
      -0,
      Number.NaN,
      "",
      "\uD800",
      null,
      false,
      5n,
      { a: [1, { b: undefined }] },
      new Date(5),
      new Map([[1, new Set(["x"])]]),
    ]) {
      value.set(row, given);
      equal(value.get(row), given, "what was set comes back");
    }
    value.set(row, undefined);
    check(value.get(row) === undefined, "undefined did not clear");
  });

  test("value: copies share nothing with what user code holds", () => {
    const state = open();
    const value = state.value<{ list: number[] }>("value");
    const [row] = resolve(state.keys, ["k"]) as [number];
    const given = { list: [1] };
    value.set(row, given);
    given.list.push(2);
    const got = value.get(row) as { list: number[] };
    got.list.push(3);
    equal(value.get(row), { list: [1] }, "state changed behind the engine's back");
  });

  test("value: bytes are a value like any other", () => {
    const state = open();
    const value = state.value<Uint8Array>("value");
    const [row] = resolve(state.keys, ["k"]) as [number];
    const given = Uint8Array.of(1, 2, 3);
    value.set(row, given);
    given[0] = 9;
    equal(Array.from(value.get(row) as Uint8Array), [1, 2, 3], "bytes come back as they were");
  });

  test("states of other names and rows are left alone", () => {
    const state = open({ states: [descriptor("a", "value"), descriptor("b", "value")] });
    const [one, two] = resolve(state.keys, [1, 2]) as [number, number];
    state.value<number>("a").set(one, 1);
    state.value<number>("b").set(two, 2);
    check(
      state.value("a").get(two) === undefined && state.value("b").get(one) === undefined,
      "a value is where none was set",
    );
  });
}

function collectionTests(test: Test, open: Open): void {
  test("list: add, set, clear, an empty list clears", () => {
    const state = open();
    const list = state.list<unknown>("list");
    const [row] = resolve(state.keys, ["k"]) as [number];
    equal(list.get(row), [], "a new row has a list");
    const element = { n: 1 };
    list.add(row, element);
    list.add(row, undefined);
    element.n = 2;
    equal(list.get(row), [{ n: 1 }, undefined], "elements in order, as they were");
    list.set(row, ["x"]);
    list.add(row, "y");
    equal(list.get(row), ["x", "y"], "set replaces");
    list.set(row, []);
    state.releaseEmptyRows();
    check(state.keys.liveRows === 0, "an empty list kept its row");
  });

  test("map: entries keep insertion order; deleting the last one clears", () => {
    const state = open();
    const map = state.map<unknown>("map");
    const [row] = resolve(state.keys, ["k"]) as [number];
    for (const key of ["b", "2", "1", "__proto__", "", "\uD800"]) map.set(row, key, { of: key });
    map.set(row, "2", undefined);
    equal(map.keys(row), ["b", "2", "1", "__proto__", "", "\uD800"], "keys in insertion order");
    check(map.has(row, "2") && map.get(row, "2") === undefined, "an entry may hold undefined");
    map.delete(row, "b");
    map.set(row, "b", 1);
    map.delete(row, "absent");
    equal(map.entries(row).at(-1), ["b", 1], "a deleted key comes back last");
    check(map.size(row) === 6 && !map.has(row, "toString"), "size and has");
    for (const key of map.keys(row)) map.delete(row, key);
    state.releaseEmptyRows();
    check(state.keys.liveRows === 0, "an empty map kept its row");
  });
}

function paneTests(test: Test, open: Open): void {
  test("panes: ascending, visited whole, dropped whole", () => {
    const state = open({ states: allKinds() });
    const panes = state.panes<{ n: number }>("panes");
    const rows = resolve(state.keys, [1, 2, 3]);
    const [one, two, three] = rows as [number, number, number];
    panes.set(one, 200, { n: 1 });
    panes.set(two, -100, { n: 2 });
    panes.set(three, 200, { n: 3 });
    panes.set(one, 0, { n: 4 });
    panes.set(one, 200, { n: 5 });
    const starts = panes.panes();
    equal(starts, [-100, 0, 200], "pane starts");
    const seen = new Map<number, number>();
    panes.forEach(200, (row, { n }) => seen.set(row, n));
    equal(
      seen,
      new Map([
        [one, 5],
        [three, 3],
      ]),
      "a pane's rows",
    );
    panes.forEach(7, () => check(false, "an absent pane has rows"));
    panes.delete(three, 200);
    panes.delete(three, 999);
    check(panes.get(three, 200) === undefined, "a deleted accumulator stayed");
    panes.dropPane(200);
    equal(panes.panes(), [-100, 0], "panes after a drop");
    equal(starts, [-100, 0, 200], "a list of starts changed while the caller had it");
    panes.delete(two, -100);
    equal(panes.panes(), [0], "an empty pane is none");
    state.releaseEmptyRows();
    check(state.keys.liveRows === 1, "rows without panes stayed");
  });
}

function timerTests(test: Test, open: Open): void {
  const drain = (state: KeyedState, mask: number, upTo: number): unknown[] => {
    const fired: unknown[] = [];
    for (let due = state.timers.popDue(mask, upTo); due !== null; due = state.timers.popDue(mask, upTo)) {
      fired.push([due.time, due.timer, state.keys.key(due.row)]);
    }
    return fired;
  };

  test("timers: one pending time each, replaced and cleared", () => {
    const { keys, timers } = open();
    const [row] = resolve(keys, ["k"]) as [number];
    check(timers.get(row, 0) === undefined && timers.earliest(3) === Number.POSITIVE_INFINITY, "a new row has a timer");
    timers.set(row, 0, 10);
    timers.set(row, 0, 30);
    timers.set(row, 1, 20);
    check(timers.get(row, 0) === 30 && timers.get(row, 1) === 20, "a timer was not replaced");
    check(timers.earliest(1) === 30 && timers.earliest(2) === 20 && timers.earliest(3) === 20, "earliest by mask");
    timers.clear(row, 1);
    check(timers.earliest(2) === Number.POSITIVE_INFINITY, "a cleared timer is pending");
    check(timers.popDue(3, 29) === null, "a timer fired too early");
    check(timers.firstDue(0, 29) === -1, "a timer is due too early");
    check(timers.firstDue(0, 30) === row, "a timer that is due is not told of");
    equal(timers.popDue(3, 30), { row, timer: 0, time: 30 }, "a due timer");
    check(timers.popDue(3, Number.POSITIVE_INFINITY) === null, "a timer fired twice");
  });

  test("timers: order is time, timer, key bytes, whatever the order of setting", () => {
    const names = ["b", "a", "aa", "", 7, 3];
    const expected: unknown[] = [];
    for (const order of [names, [...names].reverse()]) {
      const state = open();
      const rows = resolve(state.keys, order);
      rows.forEach((row, i) => state.timers.set(row, i % 2, 0));
      rows.forEach((row) => [1, 0].forEach((timer) => state.timers.set(row, timer, 50)));
      const [early] = resolve(state.keys, ["b"]) as [number];
      state.timers.set(early, 1, 40);
      const fired = drain(state, 3, Number.POSITIVE_INFINITY);
      check(fired.length === names.length * 2, "not every timer fired");
      equal(fired[0], [40, 1, "b"], "the earliest time goes first");
      if (expected.length === 0) expected.push(...fired);
      equal(fired, expected, "order depends on how timers were set");
    }
  });

  test("timers: one at Infinity fires at the end of input; they keep their row until released", () => {
    const state = open();
    const [row] = resolve(state.keys, ["k"]) as [number];
    state.timers.set(row, 0, Number.POSITIVE_INFINITY);
    state.releaseEmptyRows();
    check(state.keys.liveRows === 1, "a row with a timer was released");
    equal(drain(state, 1, Number.POSITIVE_INFINITY), [[Number.POSITIVE_INFINITY, 0, "k"]], "a timer at Infinity");
    equal(state.keys.key(row), "k", "the row of a fired timer");
    state.releaseEmptyRows();
    check(state.keys.liveRows === 0, "a row without a timer stayed");
  });
}
