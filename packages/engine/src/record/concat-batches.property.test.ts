import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "./batch-builder.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "./batch.ts";
import { concatBatches } from "./concat-batches.ts";
import { layoutOf } from "./layout.ts";
import { recordOf, selectRows, sliceRows } from "./row-copy.ts";

const LAYOUT = layoutOf([
  { name: "i", kind: "int32", nullable: false, optional: false },
  { name: "x", kind: "float64", nullable: true, optional: false },
  { name: "b", kind: "boolean", nullable: false, optional: true },
  { name: "s", kind: "utf8", nullable: true, optional: true },
  { name: "d", kind: "dictionary", nullable: false, optional: false },
  { name: "j", kind: "json", nullable: false, optional: true },
]);

const record = fc.record(
  {
    i: fc.integer(),
    x: fc.option(fc.double()),
    b: fc.boolean(),
    s: fc.option(fc.string({ unit: "grapheme" })),
    d: fc.constantFrom("one", "two"),
    j: fc.jsonValue(),
  },
  { requiredKeys: ["i", "x", "d"] },
);

function batchOf(records: readonly unknown[]): RecordBatch {
  const made: RecordBatch[] = [];
  const builder = new BatchBuilder({
    layout: LAYOUT,
    emit: (batch) => made.push(batch),
    origin: { port: "p", split: "s" },
  });
  for (const [i, each] of records.entries())
    builder.append(each, { timestamp: i, watermark: i - 1, offset: i * 10, rowKind: i % 2 });
  builder.flush();
  return made[0] as RecordBatch;
}

const rowsOf = (batches: readonly RecordBatch[]): unknown[] =>
  batches.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, row) => [
      recordOf(batch, row),
      batch.timestamps[row],
      batch.watermarks[row],
      batch.rowKinds?.[row],
      batch.origin?.offsets[row],
    ]),
  );

test("rows of neighbours are joined, whatever they were cut from", () => {
  const parts = fc.array(fc.tuple(fc.array(record, { minLength: 1, maxLength: 8 }), fc.nat(), fc.nat(), fc.boolean()), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(parts, (given) => {
      const batches = given.flatMap(([records, a, b, isCopied]) => {
        const batch = batchOf(records);
        const from = a % batch.length;
        const to = from + 1 + (b % (batch.length - from));
        const cut = sliceRows(batch, from, to);
        // One row alone, as a copy or as a cut that shares cells.
        const one = isCopied ? selectRows(batch, Int32Array.of(from), 1) : sliceRows(batch, from, from + 1);
        return [one, cut];
      });
      assert.deepEqual(rowsOf(concatBatches(batches)), rowsOf(batches));
    }),
  );
});

test("cuts of one batch become one again; no more than a batch holds, and no other layout, is joined", () => {
  const batch = batchOf(Array.from({ length: BATCH_ROWS_MAX }, (_, i) => ({ i, x: null, d: "one" })));
  const rows = Array.from({ length: BATCH_ROWS_MAX }, (_, row) => sliceRows(batch, row, row + 1));
  assert.equal(concatBatches(rows).length, 1);
  assert.deepEqual(
    concatBatches([...rows, rows[0] as RecordBatch]).map(({ length }) => length),
    [BATCH_ROWS_MAX, 1],
  );
  const other = { ...(rows[1] as RecordBatch), layout: layoutOf([]), columns: [] };
  assert.equal(concatBatches([rows[0] as RecordBatch, other, other, rows[2] as RecordBatch]).length, 3);
});
