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
  readonly count: number;
  readonly share: number | null;
  readonly isGood: boolean;
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
  { name: "count", kind: "int32", nullable: false, optional: false },
  { name: "share", kind: "float64", nullable: true, optional: false },
  { name: "isGood", kind: "boolean", nullable: false, optional: false },
]);

function batchOf(rows: readonly Row[], first: number): RecordBatch {
  const made: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout: LAYOUT, emit: (batch) => made.push(batch) });
  rows.forEach((row, i) => builder.append(row, { timestamp: first + i, watermark: first + i - 5 }));
  builder.flush();
  assert.equal(made.length, 1);
  return withKeys(made[0] as RecordBatch, keyColumnOf(rows.map(({ key }) => key)));
}

function open(
  output: Output,
  fn: Reduce,
  onError: (error: unknown) => void = (error) => {
    throw error;
  },
): { operator: ReduceOperator; state: KeyedState } {
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
    userError: onError,
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

/** What a Map of objects makes of it, and what the function threw. */
function expectedOf(batches: readonly (readonly Row[])[], fn: Reduce): { changes: Change[]; failed: string[] } {
  const table = new Map<string, unknown>();
  const changes: Change[] = [];
  const failed: string[] = [];
  batches.flat().forEach((row, time) => {
    const before = table.get(row.key);
    const facts = { timestamp: time, watermark: time - 5, hash: keyColumnOf([row.key]).hashes[0] as number };
    if (before !== undefined) changes.push({ record: before, kind: ROW_KINDS.updateBefore, ...facts });
    let record: unknown;
    try {
      record = before === undefined ? row : fn(before as Row, row);
    } catch (error) {
      failed.push((error as Error).message);
      changes.pop();
      return;
    }
    table.set(row.key, record);
    changes.push({ record, kind: before === undefined ? ROW_KINDS.insert : ROW_KINDS.updateAfter, ...facts });
  });
  return { changes, failed };
}

const row = fc.record(
  {
    key: fc.constantFrom("", "a", "b", "c", "ü"),
    at: fc.integer({ min: 0, max: 9 }),
    text: fc.oneof(fc.string({ unit: "grapheme", maxLength: 30 }), fc.constantFrom("", "x".repeat(700))),
    note: fc.option(fc.string({ maxLength: 3 })),
    count: fc.integer(),
    share: fc.option(fc.double()),
    isGood: fc.boolean(),
  },
  { noNullPrototype: true },
);
const inputs = fc.array(fc.array(row, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 });

const FUNCTIONS: Readonly<Record<string, Reduce>> = {
  "the newest": (before, each) => (each.at >= before.at ? each : before),
  "one of both": (before, each) => ({ ...before, at: each.at, text: each.note ?? before.text }),
  "what is there": (before) => before,
  "the better, which fails": (before, each) => {
    if (each.count % 5 === 0) throw new Error(`fails at ${each.count}`);
    return before.isGood ? before : each;
  },
  "the longer": (before, each) => (each.text.length + (each.note?.length ?? 0) > before.text.length ? each : before),
  "a row of both": (before, each) => {
    if (each.isGood) return each;
    const { at, text, share } = before;
    return { key: each.key, at, text, note: each.note, count: each.count, share, isGood: each.isGood };
  },
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
          const failed: string[] = [];
          const { operator, state } = open(output, fn, (error) => failed.push((error as Error).message));
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
          const expected = expectedOf(batches, fn);
          assert.deepStrictEqual(made, expected.changes);
          assert.deepEqual(failed, expected.failed);
        }),
      );
    });
  }
}

for (const [name, fn] of Object.entries(FUNCTIONS)) {
  test(`reduce to ${name} calls its function once a record, and takes batches of more changes, and of larger texts, than are worked on at once`, () => {
    const rows = Array.from({ length: 1_024 }, (_, i): Row => {
      const key = `k${(i * i) % 337}`;
      const text = i % 400 === 1 ? "ö".repeat(2 ** 20 + i) : `text ${"=".repeat(i % 70)}`;
      const note = i % 3 === 0 ? null : `${i}`;
      return {
        key,
        at: (i * 7) % 10,
        text,
        note,
        count: i + 1,
        share: i % 2 === 0 ? null : i / 3,
        isGood: i % 4 === 0,
      };
    });
    const batches = [rows, rows.toReversed(), rows];
    const made: Change[] = [];
    const output: Output = {
      borrows: true,
      batch: (batch) => made.push(...changesOf(batch)),
      watermark: () => undefined,
      idle: () => undefined,
    };
    let calls = 0;
    const failed: string[] = [];
    // Nothing in it but a call: it counts as a function that only reads.
    const counted = (before: Row, each: Row): unknown => count() && fn(before, each);
    const count = (): number => ++calls;
    const { operator } = open(output, counted, (error) => failed.push((error as Error).message));
    batches.forEach((each, i) => operator.onBatch(0, batchOf(each, i * 1_024)));
    const called = calls;
    const expected = expectedOf(batches, counted);
    assert.equal(called, calls - called);
    assert.deepEqual(failed, expected.failed);
    assert.equal(made.length, expected.changes.length);
    made.forEach((change, i) => assert.deepStrictEqual(change, expected.changes[i]));
  });
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
