import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BATCH_ROWS_MAX, ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import { keyColumnOf } from "../record/key-codec.ts";
import type { Key } from "../record/key-column.ts";
import { layoutOf } from "../record/layout.ts";
import { recordOf, withKeys } from "../record/row-copy.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import { AggregateOperator } from "./aggregate-operator.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { countAggregate } from "./aggregates/count.ts";
import { maxAggregate } from "./aggregates/extremes.ts";
import { sumAggregate } from "./aggregates/sum.ts";
import type { OperatorContext, Output } from "./operator.ts";

interface Row {
  readonly key: Key;
  readonly n: number;
}

interface Change {
  readonly key: unknown;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  readonly kind: number;
  readonly timestamp: number;
  readonly watermark: number;
}

const LAYOUT = layoutOf([{ name: "n", kind: "float64", nullable: false, optional: false }]);
const n = (record: { readonly n: number }): number => record.n;

function batchOf(rows: readonly Row[], first: number): RecordBatch {
  const batch: RecordBatch = {
    layout: LAYOUT,
    length: rows.length,
    columns: [{ kind: "float64", presence: null, values: Float64Array.from(rows, (row) => row.n) }],
    timestamps: Float64Array.from(rows, (_, i) => first + i),
    watermarks: Float64Array.from(rows, (_, i) => first + i - 5),
    rowKinds: null,
    keys: null,
    origin: null,
  };
  return withKeys(batch, keyColumnOf(rows.map((row) => row.key)));
}

function operator(output: Output): AggregateOperator {
  const context: OperatorContext = {
    name: "t",
    clock: { now: () => 0 } as OperatorContext["clock"],
    output,
    sideOutput: () => null,
    keyedState: (options) => memoryBackend().openKeyedState({ ...options, operator: "t", keyGroupBits: 8 }),
    userError: (error) => {
      throw error;
    },
    debug: true,
    count: () => undefined,
  };
  const aggregates = { count: countAggregate(), sum: sumAggregate(n), max: maxAggregate(n) };
  return new AggregateOperator(context, { aggregates: aggregates as unknown as NamedAggregates });
}

function changesOf(batch: RecordBatch): Change[] {
  return Array.from({ length: batch.length }, (_, row) => ({
    ...(recordOf(batch, row) as { key: unknown; count: number; sum: number; max: number }),
    kind: batch.rowKinds?.[row] as number,
    timestamp: batch.timestamps[row] as number,
    watermark: batch.watermarks[row] as number,
  }));
}

/** What a Map of objects makes of it. */
function expectedOf(batches: readonly (readonly Row[])[]): Change[] {
  const table = new Map<string, { count: number; sum: number; max: number }>();
  const changes: Change[] = [];
  let time = 0;
  for (const row of batches.flat()) {
    const id = `${typeof row.key} ${JSON.stringify(row.key, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part))}`;
    const before = table.get(id);
    const facts = { timestamp: time, watermark: time - 5 };
    if (before !== undefined) changes.push({ key: row.key, ...before, kind: ROW_KINDS.updateBefore, ...facts });
    const after = {
      count: (before?.count ?? 0) + 1,
      sum: (before?.sum ?? 0) + row.n,
      max: Math.max(before?.max ?? -Infinity, row.n),
    };
    table.set(id, after);
    const kind = before === undefined ? ROW_KINDS.insert : ROW_KINDS.updateAfter;
    changes.push({ key: row.key, ...after, kind, ...facts });
    time++;
  }
  return changes;
}

const pair = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, 1, -1, 2 ** 40, -(2 ** 53) + 1));
const keys: readonly fc.Arbitrary<Key>[] = [
  fc.integer({ min: -5, max: 5 }),
  pair,
  fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2)),
  fc.constantFrom("", "a", "b", "ü"),
  fc.boolean(),
  fc.oneof(fc.nat(3), pair, fc.constantFrom<Key>("a", 1.5, true, 7n, ["a", 1], [2], [2, 3, 4], [2, 0.5], [])),
];
const rowsOf = (key: fc.Arbitrary<Key>, maxLength: number): fc.Arbitrary<readonly Row[]> =>
  fc.array(fc.record({ key, n: fc.integer({ min: -100, max: 100 }) }), { minLength: 1, maxLength });
const inputs = fc.oneof(...keys.map((key) => fc.array(rowsOf(key, 20), { minLength: 1, maxLength: 6 })));

for (const borrows of [true, false]) {
  test(`a table's changes are those of a Map of objects, ${borrows ? "of an output that borrows" : "kept until the end"}`, () => {
    fc.assert(
      fc.property(inputs, (batches) => {
        const kept: RecordBatch[] = [];
        const made: Change[] = [];
        const table = operator({
          borrows,
          batch: (batch) => (borrows ? made.push(...changesOf(batch)) : kept.push(batch)),
          watermark: () => undefined,
          idle: () => undefined,
        });
        let first = 0;
        for (const rows of batches) {
          table.onBatch(0, batchOf(rows, first));
          first += rows.length;
        }
        made.push(...kept.flatMap(changesOf));
        assert.deepEqual(made, expectedOf(batches));
      }),
      { numRuns: 200 },
    );
  });
}

test("keys of the changes are those of their records, also when they are read late", () => {
  const kept: RecordBatch[] = [];
  const table = operator({ batch: (batch) => kept.push(batch), watermark: () => undefined, idle: () => undefined });
  const rows = Array.from({ length: BATCH_ROWS_MAX }, (_, i): Row => ({ key: [i % 7, (i % 3) - 1], n: i }));
  table.onBatch(0, batchOf(rows, 0));
  table.onBatch(0, batchOf(rows, rows.length));
  assert.ok(kept.every(({ length }) => length <= BATCH_ROWS_MAX));
  for (const batch of kept) {
    const expected = keyColumnOf(changesOf(batch).map(({ key }) => key as Key));
    assert.deepEqual(batch.keys?.hashes, expected.hashes);
    assert.equal(batch.keys?.lengths[0], expected.lengths[0]);
  }
  assert.deepEqual(kept.flatMap(changesOf), expectedOf([rows, rows]));
});

test("an output that keeps what it only borrowed shows in debug mode", () => {
  const kept: RecordBatch[] = [];
  const output: Output = {
    borrows: true,
    batch: (batch) => kept.push(batch),
    watermark: () => undefined,
    idle: () => undefined,
  };
  operator(output).onBatch(0, batchOf([{ key: 1, n: 1 }], 0));
  assert.notDeepEqual(kept.flatMap(changesOf), expectedOf([[{ key: 1, n: 1 }]]));
});
