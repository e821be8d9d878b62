import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keyColumnOf } from "../../record/key-codec.ts";
import type { KeyedState, KeyedStateOptions, SnapshotReading } from "../state-backend.ts";
import { PLAIN_CODEC } from "../state-codec.ts";
import { MemoryKeyedState } from "./keyed-state.ts";

const KEYS = ["a", "b", "c"];
const OPTIONS: KeyedStateOptions = {
  operator: "op",
  keyGroupBits: 2,
  timers: [],
  states: [{ name: "list", kind: "list", codec: PLAIN_CODEC }],
};

interface Element {
  n: number;
  name: string;
  tags?: string[];
}

const element = fc.oneof(
  { weight: 4, arbitrary: fc.record({ n: fc.integer({ min: -3, max: 300 }), name: fc.string({ maxLength: 50 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ n: fc.nat(9), name: fc.string(), tags: fc.array(fc.string(), { maxLength: 2 }) }),
  },
) as fc.Arbitrary<Element>;

/** What user code does with a list that it got: takes elements from anywhere, some twice, changes some, puts some new among them. */
const change = fc.record({
  picks: fc.array(fc.nat(9), { maxLength: 6 }),
  changed: fc.option(fc.nat(9), { nil: undefined }),
  fresh: fc.array(element, { maxLength: 2 }),
  fails: fc.boolean(),
});
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;
const step = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), row: fc.nat(2), value: element }),
  fc.record({ kind: fc.constant("set" as const), row: fc.nat(2), change }),
  fc.record({ kind: fc.constant("clear" as const), row: fc.nat(2) }),
);
const unit = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      steps: fc.array(step, { maxLength: 4 }),
      end: fc.constantFrom("commit", "rollback", "none"),
    }),
  },
  { weight: 1, arbitrary: fc.constant("freeze" as const) },
);

const copy = (list: readonly Element[]): Element[] => structuredClone(list) as Element[];

function open(): { state: KeyedState; rows: Int32Array } {
  const state = new MemoryKeyedState(OPTIONS);
  const rows = new Int32Array(KEYS.length);
  state.keys.resolve(keyColumnOf(KEYS), KEYS.length, rows);
  return { state, rows };
}

function assertLists(state: KeyedState, rows: Int32Array, model: readonly (readonly Element[])[]): void {
  model.forEach((expected, i) => assert.deepStrictEqual(state.list("list").get(rows[i] as number), expected));
}

/** Changes a list in place as a user would, and a model of it. */
function changed(got: Element[], { picks, changed: index, fresh, fails }: Change): unknown[] {
  const touched = index === undefined ? undefined : got[index];
  if (touched !== undefined) touched.n = -touched.n - 1;
  const made: unknown[] = picks.filter((pick) => pick < got.length).map((pick) => got[pick]);
  made.splice(1, 0, ...fresh);
  if (fails) made.push({ n: 1, name: () => "no data" });
  return made;
}

test("lists do what arrays of copies do, with rollbacks, elements put back, and snapshots read meanwhile", () => {
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 20 }), (units) => {
      const { state, rows } = open();
      let model: Element[][] = KEYS.map(() => []);
      let frozen: { reading: SnapshotReading; model: Element[][] } | null = null;
      for (const one of units) {
        if (one === "freeze") {
          if (frozen !== null) assertSnapshot(frozen);
          frozen = { reading: state.freeze(), model: model.map(copy) };
          continue;
        }
        const before = model.map(copy);
        if (one.end !== "none") state.begin();
        for (const { row, ...what } of one.steps) {
          const list = state.list<unknown>("list");
          const at = rows[row] as number;
          if (what.kind === "add") {
            list.add(at, what.value);
            model[row]?.push(...copy([what.value]));
          } else if (what.kind === "clear") {
            list.clear(at);
            model[row] = [];
          } else {
            const next = changed(list.get(at) as Element[], what.change);
            if (what.change.fails) {
              assert.throws(() => list.set(at, next), { code: "TM_STATE_VALUE" });
            } else {
              list.set(at, next);
              model[row] = next.map((value) => copy([value as Element])[0] as Element);
            }
          }
        }
        if (one.end === "commit") state.commit();
        if (one.end === "rollback") {
          state.rollback();
          model = before;
        }
        assertLists(state, rows, model);
      }
      if (frozen !== null) assertSnapshot(frozen);
    }),
    { numRuns: 200 },
  );
});

function assertSnapshot({ reading, model }: { reading: SnapshotReading; model: Element[][] }): void {
  while (!reading.advance(1));
  const restored = open();
  for (const { payload } of reading.payloads()) restored.state.restore(payload);
  restored.state.keys.resolve(keyColumnOf(KEYS), KEYS.length, restored.rows);
  assertLists(restored.state, restored.rows, model);
}
