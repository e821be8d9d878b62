import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeKey, keyColumnOf } from "../record/key-codec.ts";
import type { Key } from "../record/key-column.ts";
import { keyGroupOf, ownerOf } from "./key-group.ts";
import { memoryBackend } from "./memory-backend.ts";
import type { KeyedState, KeyGroupPayload, SnapshotReading } from "./state-backend.ts";
import type { SlotField, Slots } from "./slot-state.ts";
import { PLAIN_CODEC } from "./state-codec.ts";

const BITS = 4;
const KEYS: readonly Key[] = [
  "",
  "a",
  "b",
  "\uD800",
  "\uFFFD",
  0,
  1,
  -7,
  0.25,
  Number.NaN,
  2 ** 60,
  1n,
  true,
  ["a", 1],
  ["a", "1"],
  "x".repeat(300),
];
// The last two have one FNV-1a hash.
const MAP_KEYS = ["1", "b", "a", "__proto__", "\uDC00", "costarring", "liquid"];
const PANES = [-60_000, 0, 60_000, 1.5e12];

/** What one key has, on plain collections. */
interface ModelKey {
  value: unknown;
  list: unknown[];
  map: Map<string, unknown>;
  panes: Map<number, unknown>;
  timers: Map<number, number>;
  slot: ModelSlot | undefined;
  paneSlots: Map<number, ModelSlot>;
}
/** Two words, and a value. */
interface ModelSlot {
  n: number;
  m: number;
  value: unknown;
}
const FIELDS: readonly SlotField[] = [
  { name: "n", kind: "number", initial: 0, codec: null },
  { name: "value", kind: "value", initial: 0, codec: PLAIN_CODEC },
  { name: "m", kind: "number", initial: Number.NaN, codec: null },
];
const emptyKey = (): ModelKey => ({
  value: undefined,
  list: [],
  map: new Map(),
  panes: new Map(),
  timers: new Map(),
  slot: undefined,
  paneSlots: new Map(),
});
const isEmpty = (key: ModelKey): boolean =>
  key.value === undefined &&
  key.slot === undefined &&
  key.list.length + key.map.size + key.panes.size + key.timers.size + key.paneSlots.size === 0;

type Op =
  | { on: "value"; key: number; value: unknown }
  | { on: "add"; key: number; value: unknown }
  | { on: "list"; key: number; values: unknown[] }
  | { on: "entry"; key: number; name: string; value: unknown }
  | { on: "noEntry"; key: number; name: string }
  | { on: "noMap"; key: number }
  | { on: "pane"; key: number; pane: number; value: unknown }
  | { on: "noPane"; key: number; pane: number }
  | { on: "dropPane"; pane: number }
  | { on: "slot"; key: number; pane: number | null; n: number; value: unknown }
  | { on: "noSlot"; key: number; pane: number | null }
  | { on: "timer"; key: number; timer: number; time: number }
  | { on: "noTimer"; key: number; timer: number }
  | { on: "pop"; mask: number; upTo: number }
  | { on: "freeze" }
  | { on: "advance"; steps: number }
  | { on: "begin" | "commit" | "rollback" | "release" }
  | { on: "restart"; parallelism: number };

const key = fc.nat(KEYS.length - 1);
const value = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string({ unit: "binary" }),
  fc.constantFrom<unknown>(null, true, -0, Number.NaN, "\uD83D", 1n << 70n),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.record({ n: fc.integer(), text: fc.string() }, { noNullPrototype: true }),
);
const time = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(Number.POSITIVE_INFINITY, -1.5));
const timer = fc.nat(2);
const paneOrNone = fc.constantFrom(null, ...PANES);
const valueOrNone = fc.oneof(value, fc.constant(undefined));
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ on: fc.constant("value" as const), key, value: fc.oneof(value, fc.constant(undefined)) }),
  fc.record({ on: fc.constant("add" as const), key, value: fc.oneof(value, fc.constant(undefined)) }),
  fc.record({ on: fc.constant("list" as const), key, values: fc.array(value, { maxLength: 3 }) }),
  fc.record({
    on: fc.constant("entry" as const),
    key,
    name: fc.constantFrom(...MAP_KEYS),
    value: fc.oneof(value, fc.constant(undefined)),
  }),
  fc.record({ on: fc.constant("noEntry" as const), key, name: fc.constantFrom(...MAP_KEYS) }),
  fc.record({ on: fc.constant("noMap" as const), key }),
  fc.record({ on: fc.constant("pane" as const), key, pane: fc.constantFrom(...PANES), value }),
  fc.record({ on: fc.constant("noPane" as const), key, pane: fc.constantFrom(...PANES) }),
  fc.record({ on: fc.constant("dropPane" as const), pane: fc.constantFrom(...PANES) }),
  fc.record({ on: fc.constant("slot" as const), key, pane: paneOrNone, n: fc.double(), value: valueOrNone }),
  fc.record({ on: fc.constant("slot" as const), key, pane: paneOrNone, n: fc.integer(), value: valueOrNone }),
  fc.record({ on: fc.constant("noSlot" as const), key, pane: paneOrNone }),
  fc.record({ on: fc.constant("timer" as const), key, timer, time }),
  fc.record({ on: fc.constant("noTimer" as const), key, timer }),
  fc.record({ on: fc.constant("pop" as const), mask: fc.nat(7), upTo: time }),
  fc.record({ on: fc.constantFrom("begin" as const, "commit" as const, "rollback" as const, "release" as const) }),
  fc.record({ on: fc.constant("freeze" as const) }),
  fc.record({ on: fc.constant("advance" as const), steps: fc.constantFrom(1, 5, 20, 1_000) }),
  fc.record({ on: fc.constant("restart" as const), parallelism: fc.integer({ min: 1, max: 5 }) }),
);

/** The backend under test, in several instances by key group, beside the model. */
class Pair {
  readonly isolation: "copy" | "live";
  instances: KeyedState[];
  /** Rows by key, as long as none is released. */
  readonly rows = new Map<number, number>();
  model: ModelKey[] = KEYS.map(emptyKey);
  saved: ModelKey[] | null = null;
  /** Snapshots that are being read, done ones last, and the model as it was. */
  frozen: { open: Map<number, SnapshotReading>; model: ModelKey[] } | null = null;
  /** Payloads of each instance's series, from the last whole snapshot on. */
  series: KeyGroupPayload[][] = [[]];

  constructor(isolation: "copy" | "live") {
    this.isolation = isolation;
    this.instances = [this.open()];
  }

  open(): KeyedState {
    const values = (["value", "list", "map", "panes"] as const).map((kind) => ({
      name: kind,
      kind,
      codec: PLAIN_CODEC,
    }));
    const slots = (["slots", "paneSlots"] as const).map((kind) => ({
      name: kind,
      kind,
      fields: FIELDS.map((field) => (field.kind === "value" ? { ...field, isolation: this.isolation } : field)),
    }));
    const states = [...values, ...slots];
    // Never whole unless it must be.
    const never = Number.POSITIVE_INFINITY;
    const snapshots = { wholeBelowKeys: 0, changedShareMax: never, changesMax: never, changesBytesMax: never };
    const backend = memoryBackend({ snapshots });
    return backend.openKeyedState({ operator: "model", keyGroupBits: BITS, timers: ["a", "b", "c"], states });
  }

  owner(index: number): number {
    const hash = keyColumnOf([KEYS[index] as Key]).hashes[0] as number;
    return ownerOf(keyGroupOf(hash, BITS), this.instances.length, BITS);
  }

  /** Resolves the key, unless its row is known already. */
  at(index: number): { state: KeyedState; row: number; model: ModelKey } {
    const state = this.instances[this.owner(index)] as KeyedState;
    const row = this.rows.get(index) ?? this.resolve(state, index);
    return { state, row, model: this.model[index] as ModelKey };
  }

  resolve(state: KeyedState, index: number): number {
    const rows = new Int32Array(1);
    state.keys.resolve(keyColumnOf([KEYS[index] as Key]), 1, rows);
    const [row] = rows as unknown as [number];
    this.rows.set(index, row);
    return row;
  }

  apply(op: Op): void {
    switch (op.on) {
      case "value": {
        const { state, row, model } = this.at(op.key);
        state.value("value").set(row, op.value);
        model.value = op.value;
        return;
      }
      case "add": {
        const { state, row, model } = this.at(op.key);
        state.list("list").add(row, op.value);
        model.list = [...model.list, op.value];
        return;
      }
      case "list": {
        const { state, row, model } = this.at(op.key);
        state.list("list").set(row, op.values);
        model.list = [...op.values];
        return;
      }
      case "entry":
        this.at(op.key).state.map("map").set(this.at(op.key).row, op.name, op.value);
        this.at(op.key).model.map.set(op.name, op.value);
        return;
      case "noEntry":
        this.at(op.key).state.map("map").delete(this.at(op.key).row, op.name);
        this.at(op.key).model.map.delete(op.name);
        return;
      case "noMap":
        this.at(op.key).state.map("map").clear(this.at(op.key).row);
        this.at(op.key).model.map.clear();
        return;
      case "pane":
        this.at(op.key).state.panes("panes").set(this.at(op.key).row, op.pane, op.value);
        this.at(op.key).model.panes.set(op.pane, op.value);
        return;
      case "noPane":
        this.at(op.key).state.panes("panes").delete(this.at(op.key).row, op.pane);
        this.at(op.key).model.panes.delete(op.pane);
        return;
      case "dropPane":
        for (const state of this.instances) state.panes("panes").dropPane(op.pane);
        for (const state of this.instances) state.paneSlots("paneSlots").dropPane(op.pane);
        for (const model of this.model) model.panes.delete(op.pane);
        for (const model of this.model) model.paneSlots.delete(op.pane);
        return;
      case "slot":
        this.writeSlot(op.key, op);
        return;
      case "noSlot": {
        const { state, row, model } = this.at(op.key);
        if (op.pane === null) {
          state.slots("slots").clear(row);
          model.slot = undefined;
        } else {
          state.paneSlots("paneSlots").delete(row, op.pane);
          model.paneSlots.delete(op.pane);
        }
        return;
      }
      case "timer":
        this.at(op.key).state.timers.set(this.at(op.key).row, op.timer, op.time);
        this.at(op.key).model.timers.set(op.timer, op.time);
        return;
      case "noTimer":
        this.at(op.key).state.timers.clear(this.at(op.key).row, op.timer);
        this.at(op.key).model.timers.delete(op.timer);
        return;
      case "freeze":
        if (this.saved === null) this.freeze();
        return;
      case "advance":
        this.advance(op.steps);
        return;
      case "pop":
        if (this.saved === null) this.pop(op.mask, op.upTo);
        return;
      case "restart":
        if (this.saved === null) this.restart(op.parallelism);
        return;
      default:
        this.journal(op.on);
    }
  }

  writeSlot(index: number, op: { pane: number | null; n: number; value: unknown }): void {
    // To touch a slot per row does not say that the row has changed; to resolve it does.
    if (op.pane === null) this.rows.delete(index);
    const { state, row, model } = this.at(index);
    const slots = op.pane === null ? state.slots("slots") : state.paneSlots("paneSlots");
    const panes = state.paneSlots("paneSlots");
    const found = op.pane === null ? -1 : panes.find(row, op.pane);
    const claim = (): number => (op.pane === null ? state.slots("slots").claim(row) : panes.claim(row, op.pane));
    // claimAll marks a row, whatever it finds; a slot that is found needs its touch.
    const all = new Int32Array([found]);
    if (op.pane !== null && op.n > 0) panes.claimAll(Int32Array.of(row), 1, op.pane, all);
    const at = (all[0] as number) < 0 ? claim() : (all[0] as number);
    slots.touch(at);
    slots.words[at] = op.n;
    slots.setValue(at, 1, op.value);
    const before = op.pane === null ? model.slot : model.paneSlots.get(op.pane);
    const m = before === undefined ? Number.NaN : before.n;
    slots.touch(at);
    slots.words[at + 2] = m;
    const slot = { n: op.n, m, value: op.value };
    if (op.pane === null) model.slot = slot;
    else model.paneSlots.set(op.pane, slot);
  }

  journal(on: "begin" | "commit" | "rollback" | "release"): void {
    if (on === "release") {
      if (this.saved !== null) return;
      for (const state of this.instances) state.releaseEmptyRows();
      this.rows.clear();
      if (this.frozen !== null) return;
      const rows = this.instances.reduce((sum, state) => sum + state.keys.liveRows, 0);
      assert.equal(rows, this.model.filter((model) => !isEmpty(model)).length);
    } else if (on === "begin") {
      if (this.saved !== null) return;
      this.saved = structuredClone(this.model);
      for (const state of this.instances) state.begin();
    } else if (this.saved !== null) {
      if (on === "rollback") this.model = this.saved;
      this.saved = null;
      for (const state of this.instances) state[on]();
    }
  }

  pop(mask: number, upTo: number): void {
    this.instances.forEach((state, task) => {
      const pending = KEYS.flatMap((of, index) =>
        this.owner(index) === task
          ? Array.from((this.model[index] as ModelKey).timers, ([timer, at]) => ({ index, of, timer, at }))
          : [],
      );
      const [first] = pending
        .filter(({ timer }) => (mask & (1 << timer)) !== 0)
        .sort((a, b) =>
          a.at === b.at ? a.timer - b.timer || compareBytes(encodeKey(a.of), encodeKey(b.of)) : a.at - b.at,
        );
      assert.equal(state.timers.earliest(mask), first?.at ?? Number.POSITIVE_INFINITY);
      const due = state.timers.popDue(mask, upTo);
      if (first === undefined || first.at > upTo) {
        assert.equal(due, null);
        return;
      }
      assert.ok(due !== null);
      assert.deepEqual([state.keys.key(due.row), due.timer, due.time], [first.of, first.timer, first.at]);
      (this.model[first.index] as ModelKey).timers.delete(first.timer);
    });
  }

  freeze(): void {
    if (this.frozen !== null) return;
    const open = new Map(this.instances.map((state, task) => [task, state.freezeNext()]));
    this.frozen = { open, model: structuredClone(this.model) };
  }

  /** Reads on; a snapshot that is read to its end restores, behind those of its series before it, to what there was when it was begun. */
  advance(steps: number): void {
    if (this.frozen === null) return;
    const { open, model } = this.frozen;
    for (const [task, reading] of open) {
      if (!reading.advance(steps)) continue;
      open.delete(task);
      const payloads = reading.payloads();
      this.series[task] = reading.isWhole ? payloads : [...(this.series[task] ?? []), ...payloads];
    }
    if (open.size > 0) return;
    this.frozen = null;
    const then = new Pair(this.isolation);
    for (const { payload } of this.series.flat()) then.instances[0]?.restore(payload);
    then.model = model;
    then.compare();
  }

  restart(parallelism: number): void {
    this.advance(Number.MAX_SAFE_INTEGER);
    const payloads = this.instances.flatMap((state) => state.snapshot());
    this.instances = Array.from({ length: parallelism }, () => this.open());
    this.series = [];
    this.rows.clear();
    for (const { keyGroup, payload } of payloads) {
      (this.instances[ownerOf(keyGroup, parallelism, BITS)] as KeyedState).restore(payload);
    }
  }

  compare(): void {
    KEYS.forEach((_, index) => {
      const { state, row, model } = this.at(index);
      assert.deepEqual(state.value("value").get(row), model.value);
      assert.deepEqual(state.list("list").get(row), model.list);
      assert.deepEqual(state.map("map").entries(row), Array.from(model.map));
      assert.deepEqual(state.map("map").keys(row), Array.from(model.map.keys()));
      for (const pane of PANES) assert.deepEqual(state.panes("panes").get(row, pane), model.panes.get(pane));
      for (const timer of [0, 1, 2]) assert.equal(state.timers.get(row, timer), model.timers.get(timer));
      const slots = state.slots("slots");
      assert.deepEqual(readSlot(slots, slots.find(row)), model.slot);
      const paneSlots = state.paneSlots("paneSlots");
      for (const pane of PANES)
        assert.deepEqual(readSlot(paneSlots, paneSlots.find(row, pane)), model.paneSlots.get(pane));
    });
    this.instances.forEach((state, task) => {
      const owned = this.model.filter((_, index) => this.owner(index) === task);
      const panes = PANES.filter((pane) => owned.some((model) => model.panes.has(pane)));
      assert.deepEqual(state.panes("panes").panes(), panes);
      for (const pane of panes) {
        let visited = 0;
        state.panes("panes").forEach(pane, (row, accumulator) => {
          const index = KEYS.findIndex((of) => compareBytes(encodeKey(of), state.keys.keyBytes(row)) === 0);
          assert.deepEqual(accumulator, (this.model[index] as ModelKey).panes.get(pane));
          visited++;
        });
        assert.equal(visited, owned.filter((model) => model.panes.has(pane)).length);
      }
      this.compareScans(state, owned);
    });
  }

  compareScans(state: KeyedState, owned: readonly ModelKey[]): void {
    const slots = state.paneSlots("paneSlots");
    assert.deepEqual(
      slots.panes(),
      PANES.filter((pane) => owned.some((model) => model.paneSlots.has(pane))),
    );
    for (const pane of PANES) {
      const rows = new Int32Array(3);
      const found = new Int32Array(4);
      let seen = 0;
      for (let count = 3; count === 3; seen += count) {
        count = slots.scan(pane, seen, rows, found);
        for (let i = 0; i < count; i++) assert.equal(slots.find(rows[i] as number, pane), found[i]);
      }
      assert.equal(seen, owned.filter((model) => model.paneSlots.has(pane)).length);
      assert.equal(slots.size(pane), seen);
    }
  }
}

function readSlot(slots: Slots, at: number): ModelSlot | undefined {
  if (at < 0) return undefined;
  const { words } = slots;
  return { n: words[at] as number, m: words[at + 2] as number, value: slots.value(at, 1) };
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 || at >= b.length ? a.length - b.length : (a[at] as number) - (b[at] as number);
}

for (const isolation of ["copy", "live"] as const) {
  test(`memory backend (values of slots ${isolation}) equals plain collections under random operations`, () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 80, size: "max" }), (ops) => {
        const pair = new Pair(isolation);
        for (const each of ops) pair.apply(each);
        pair.journal("commit");
        pair.compare();
        pair.advance(Number.MAX_SAFE_INTEGER);
        pair.journal("release");
        pair.restart(3);
        pair.compare();
      }),
      { numRuns: 250 },
    );
  });
}

test("a series of snapshots of what changed restores to what there was at each of them", () => {
  // Few keys, often snapshots and releases: so that each kind of change happens alone between two snapshots.
  const often = (each: Op): Op[] => {
    if (each.on === "restart" || each.on === "freeze") return [{ on: "freeze" }, { on: "advance", steps: 1_000 }];
    if (each.on === "advance") return [{ on: "release" }];
    return "key" in each ? [{ ...each, key: each.key % 3 }] : [each];
  };
  fc.assert(
    fc.property(fc.array(op, { minLength: 60, maxLength: 120, size: "max" }), (ops) => {
      const pair = new Pair("live");
      for (const each of ops.flatMap(often)) pair.apply(each);
    }),
    { numRuns: 400 },
  );
});

test("the estimate of bytes comes back to what an emptied state had", () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 60, size: "max" }), (ops) => {
      const pair = new Pair("copy");
      // Rows that come and go leave garbage in the key arena until it is compacted; this is about states.
      for (const each of ops) if (each.on !== "restart" && each.on !== "release") pair.apply(each);
      pair.journal("rollback");
      pair.advance(Number.MAX_SAFE_INTEGER);
      const [state] = pair.instances as [KeyedState];
      KEYS.forEach((_, index) => {
        const { row } = pair.at(index);
        state.value("value").clear(row);
        state.list("list").clear(row);
        state.map("map").clear(row);
        state.slots("slots").clear(row);
        [0, 1, 2].forEach((timer) => state.timers.clear(row, timer));
      });
      PANES.forEach((pane) => state.panes("panes").dropPane(pane));
      PANES.forEach((pane) => state.paneSlots("paneSlots").dropPane(pane));
      const fresh = new Pair("copy");
      KEYS.forEach((_, index) => fresh.at(index));
      assert.equal(state.size().bytes, (fresh.instances[0] as KeyedState).size().bytes);
    }),
    { numRuns: 100 },
  );
});

test("the timers of many keys fire in order, however they were set, replaced and cleared", () => {
  const change = fc.tuple(fc.nat(99), fc.option(fc.nat(30)));
  fc.assert(
    fc.property(fc.array(change, { minLength: 50, maxLength: 400, size: "max" }), (changes) => {
      const state = memoryBackend().openKeyedState({
        operator: "timers",
        keyGroupBits: BITS,
        timers: ["t"],
        states: [],
      });
      const names = Array.from({ length: 100 }, (_, i) => `key-${(i * 37) % 100}`);
      const rows = new Int32Array(names.length);
      state.keys.resolve(keyColumnOf(names), names.length, rows);
      const pending = new Map<string, number>();
      for (const [index, at] of changes) {
        if (at === null) state.timers.clear(rows[index] as number, 0);
        else state.timers.set(rows[index] as number, 0, at);
        if (at === null) pending.delete(names[index] as string);
        else pending.set(names[index] as string, at);
      }
      const expected = Array.from(pending).sort(([a, x], [b, y]) => x - y || compareBytes(encodeKey(a), encodeKey(b)));
      const fired: unknown[] = [];
      for (let due = state.timers.popDue(1, 30); due !== null; due = state.timers.popDue(1, 30)) {
        fired.push([state.keys.key(due.row), due.time]);
      }
      assert.deepEqual(fired, expected);
    }),
    { numRuns: 60 },
  );
});
