import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import { keyColumnOf } from "../record/key-codec.ts";
import type { Key, KeyColumn } from "../record/key-column.ts";
import { recordOf } from "../record/row-copy.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import type { KeyTable } from "../state/state-backend.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { countAggregate } from "./aggregates/count.ts";
import { customAggregate } from "./aggregates/custom.ts";
import { CompiledAggregates } from "./compiled-aggregates.ts";
import type { Output } from "./operator.ts";
import { ResultColumns } from "./result-columns.ts";
import { ResultWriter } from "./result-writer.ts";

const any = customAggregate({ create: () => 0, add: (a: number) => a, merge: (a: number) => a, result: (a) => a });

function keysOf(keys: readonly Key[]): { table: KeyTable; rows: Int32Array; column: KeyColumn } {
  const { keys: table } = memoryBackend().openKeyedState({ operator: "t", keyGroupBits: 8, timers: [], states: [] });
  const rows = new Int32Array(keys.length);
  const column = keyColumnOf(keys);
  table.resolve(column, keys.length, rows);
  return { table, rows, column };
}

/** Batches as they went out, with layouts and records. */
function outputInto(batches: unknown[]): Output {
  return {
    batch: (batch: RecordBatch) => {
      const { layout, length, timestamps, watermarks, rowKinds } = batch;
      batches.push({
        fields: layout.fields,
        rows: Array.from({ length }, (_, row) => recordOf(batch, row)),
        timestamps: [...timestamps.subarray(0, length)],
        watermarks: [...watermarks.subarray(0, length)],
        rowKinds: rowKinds === null ? null : [...rowKinds.subarray(0, length)],
        keys: batch.keys === null ? null : [...batch.keys.hashes.subarray(0, length)],
      });
    },
    watermark: (time) => batches.push(time),
    idle: () => undefined,
  };
}

const key: fc.Arbitrary<Key> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
  fc.constantFrom<Key>("a", "b", 1.5, true, 7n, ["a", 1], [2, 3]),
);
const value = fc.oneof(
  { weight: 5, arbitrary: fc.integer() },
  fc.constantFrom<unknown>("x", undefined, null, true, { n: [1] }),
);
const chunks = fc.array(
  fc.record({
    rows: fc.array(fc.record({ key, n: fc.double(), value }), { maxLength: 8 }),
    watermark: fc.nat(50),
    flush: fc.boolean(),
  }),
  { maxLength: 8 },
);
const names = fc.constantFrom(["n", "value"], ["0", "value"], ["key", "value"], ["n", "window"]);

test("results in columns are batches as they would be learned from records, of windows and of tables", () => {
  fc.assert(
    fc.property(chunks, names, fc.constantFrom("windows", "each", "table"), (parts, [first, second], of) => {
      const aggregates = new CompiledAggregates({
        [first as string]: countAggregate(),
        [second as string]: any,
      } as unknown as NamedAggregates);
      const { table, rows, column } = keysOf(parts.flatMap((part) => part.rows.map((row) => row.key)));
      const made: unknown[] = [];
      const expected: unknown[] = [];
      const columns = new ResultColumns(outputInto(made), {
        aggregates,
        keys: table,
        of: of === "table" ? of : "windows",
      });
      const writer = new ResultWriter(outputInto(expected), of === "table" ? { keys: table } : {});
      let from = 0;
      for (const [index, part] of parts.entries()) {
        const { length } = part.rows;
        const inputRows = Int32Array.from(part.rows, (_, row) => from + row);
        const stateRows = rows.slice(from, (from += length));
        const numbers = new Float64Array(part.rows.map((row) => row.n));
        const values = part.rows.map((row) => row.value);
        // Names of digits come before the others in a record, and so in the order of members.
        const at = aggregates.names.indexOf(first as string);
        const chunk = {
          length,
          stateRows,
          numbers: at === 0 ? [numbers, null] : [null, numbers],
          values: at === 0 ? [null, values] : [values, null],
        };
        const window = Object.freeze({ start: index, end: index + 1 });
        const rowKinds = Uint8Array.from(part.rows, (_, row) => row % 3);
        const facts = { timestamp: index, watermark: part.watermark };
        if (of === "windows") columns.appendWindow(chunk, { window, revision: index, ...facts });
        else if (of === "each")
          columns.appendEach(chunk, {
            windows: part.rows.map(() => window),
            revisions: new Float64Array(length).fill(index),
            timestamps: new Float64Array(length).fill(index),
            watermarks: new Float64Array(length).fill(part.watermark),
          });
        else
          columns.appendChanges(chunk, {
            keys: column,
            rows: inputRows,
            timestamps: new Float64Array(length).fill(index),
            watermarks: new Float64Array(length).fill(part.watermark),
            rowKinds,
          });
        part.rows.forEach((row, i) => {
          const record: Record<string, unknown> = { key: table.key(stateRows[i] as number) };
          if (of !== "table") Object.assign(record, { window, revision: index });
          for (const name of aggregates.names) record[name] = name === first ? row.n : row.value;
          const tag = stateRows[i] as number;
          writer.write(record, of === "table" ? { ...facts, tag, rowKind: rowKinds[i] as number } : facts);
        });
        if (part.flush) {
          columns.flush();
          writer.flush();
        }
      }
      columns.watermark(100);
      writer.watermark(100);
      assert.deepEqual(made, expected);
    }),
    { numRuns: 300 },
  );
});

test("more rows than a batch holds go out in several", () => {
  const aggregates = new CompiledAggregates({ n: countAggregate() } as NamedAggregates);
  const { table, rows } = keysOf(Array.from({ length: BATCH_ROWS_MAX }, (_, i) => i));
  const made: unknown[] = [];
  const columns = new ResultColumns(outputInto(made), { aggregates, keys: table, of: "windows" });
  const numbers = [Float64Array.from(rows, (row) => row)];
  const facts = { window: Object.freeze({ start: 0, end: 1 }), revision: 0, timestamp: 0, watermark: 0 };
  columns.appendWindow({ length: 600, stateRows: rows, numbers, values: [null] }, facts);
  columns.appendWindow({ length: 1_024, stateRows: rows, numbers, values: [null] }, facts);
  assert.equal(made.length, 1);
  columns.flush();
  assert.deepEqual(
    made.map((batch) => (batch as { rows: unknown[] }).rows.length),
    [1_024, 600],
  );
  assert.deepEqual((made[1] as { rows: unknown[] }).rows.at(-1), {
    key: 1_023,
    window: facts.window,
    revision: 0,
    n: 1_023,
  });
});
