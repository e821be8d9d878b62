import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "../record/batch-builder.ts";
import { ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import { keyColumnOf } from "../record/key-codec.ts";
import { layoutOf } from "../record/layout.ts";
import { recordOf, withKeys } from "../record/row-copy.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import type { KeyedState } from "../state/state-backend.ts";
import type { OperatorContext, Output } from "./operator.ts";
import { ReduceOperator } from "./reduce-operator.ts";

interface Row {
  readonly key: string;
  readonly at: number;
  readonly text: string;
  readonly note: string | null;
}

interface Change {
  readonly record: unknown;
  readonly kind: number;
  readonly timestamp: number;
  readonly watermark: number;
  readonly hash: number;
}

type Reduce = (before: Row, row: Row) => unknown;

const LAYOUT = layoutOf([
  { name: "key", kind: "utf8", nullable: false, optional: false },
  { name: "at", kind: "float64", nullable: false, optional: false },
  { name: "text", kind: "utf8", nullable: false, optional: false },
  { name: "note", kind: "utf8", nullable: true, optional: false },
]);

function batchOf(rows: readonly Row[], first: number): RecordBatch {
  const made: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout: LAYOUT, emit: (batch) => made.push(batch) });
  rows.forEach((row, i) => builder.append(row, { timestamp: first + i, watermark: first + i - 5 }));
  builder.flush();
  assert.equal(made.length, 1);
  return withKeys(made[0] as RecordBatch, keyColumnOf(rows.map(({ key }) => key)));
}

function open(output: Output, fn: Reduce): { operator: ReduceOperator; state: KeyedState } {
  const opened: KeyedState[] = [];
  const context: OperatorContext = {
    name: "t",
    clock: { now: () => 0 } as OperatorContext["clock"],
    output,
    sideOutput: () => null,
    keyedState: (options) => {
      opened.push(memoryBackend().openKeyedState({ ...options, operator: "t", keyGroupBits: 2 }));
      return opened[0] as KeyedState;
    },
    userError: (error) => {
      throw error;
    },
    debug: false,
    count: () => undefined,
  };
  const operator = new ReduceOperator(context, { fn: fn as (before: never, row: never) => unknown });
  return { operator, state: opened[0] as KeyedState };
}

function changesOf(batch: RecordBatch): Change[] {
  return Array.from({ length: batch.length }, (_, row) => ({
    record: recordOf(batch, row),
    kind: batch.rowKinds?.[row] as number,
    timestamp: batch.timestamps[row] as number,
    watermark: batch.watermarks[row] as number,
    hash: batch.keys?.hashes[row] as number,
  }));
}

/** What a Map of objects makes of it. */
function expectedOf(batches: readonly (readonly Row[])[], fn: Reduce): Change[] {
  const table = new Map<string, unknown>();
  const changes: Change[] = [];
  batches.flat().forEach((row, time) => {
    const before = table.get(row.key);
    const facts = { timestamp: time, watermark: time - 5, hash: keyColumnOf([row.key]).hashes[0] as number };
    if (before !== undefined) changes.push({ record: before, kind: ROW_KINDS.updateBefore, ...facts });
    const record = before === undefined ? row : fn(before as Row, row);
    table.set(row.key, record);
    changes.push({ record, kind: before === undefined ? ROW_KINDS.insert : ROW_KINDS.updateAfter, ...facts });
  });
  return changes;
}

const row = fc.record(
  {
    key: fc.constantFrom("", "a", "b", "c", "ü"),
    at: fc.integer({ min: 0, max: 9 }),
    text: fc.oneof(fc.string({ unit: "grapheme", maxLength: 30 }), fc.constantFrom("", "x".repeat(700))),
    note: fc.option(fc.string({ maxLength: 3 })),
  },
  { noNullPrototype: true },
);
const inputs = fc.array(fc.array(row, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 });

const FUNCTIONS: Readonly<Record<string, Reduce>> = {
  "the newest": (before, each) => (each.at >= before.at ? each : before),
  "one of both": (before, each) => ({ ...before, at: each.at, text: each.note ?? before.text }),
  "other fields": (before, each) => (each.at % 3 === 0 ? { key: each.key, at: before.at, other: true } : each),
};

for (const [name, fn] of Object.entries(FUNCTIONS)) {
  for (const borrows of [true, false]) {
    test(`reduce to ${name} gives the changes of a Map, ${borrows ? "to an output that borrows" : "kept to the end"}, while snapshots are read`, () => {
      fc.assert(
        fc.property(inputs, fc.nat(3), (batches, steps) => {
          const made: Change[] = [];
          const kept: RecordBatch[] = [];
          const output: Output = {
            borrows,
            batch: (batch) => (borrows ? made.push(...changesOf(batch)) : kept.push(batch)),
            watermark: () => undefined,
            idle: () => undefined,
          };
          const { operator, state } = open(output, fn);
          let first = 0;
          for (const rows of batches) {
            const before = contentsOf(state);
            const reading = state.freeze();
            const isRead = reading.advance(steps);
            operator.onBatch(0, batchOf(rows, first));
            while (!isRead && !reading.advance(2));
            assert.deepEqual(contentsOf(restored(reading.payloads())), before);
            first += rows.length;
          }
          made.push(...kept.flatMap(changesOf));
          assert.deepStrictEqual(made, expectedOf(batches, fn));
        }),
      );
    });
  }
}

function restored(payloads: ReturnType<KeyedState["snapshot"]>): KeyedState {
  const { state } = open({ batch: () => undefined, watermark: () => undefined, idle: () => undefined }, () => null);
  for (const { payload } of payloads) state.restore(payload);
  return state;
}

function contentsOf(state: KeyedState): unknown[] {
  const keys = ["", "a", "b", "c", "ü"];
  const rows = new Int32Array(keys.length);
  state.keys.resolve(keyColumnOf(keys), keys.length, rows);
  const all = Array.from(rows, (each) => state.value("accumulated").get(each));
  state.releaseEmptyRows();
  return all;
}
