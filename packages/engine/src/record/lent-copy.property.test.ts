import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "./batch-builder.ts";
import type { RecordBatch } from "./batch.ts";
import { cellOf } from "./cell.ts";
import type { Column } from "./column.ts";
import { layoutOf, type RecordLayout } from "./layout.ts";
import { lentCopy, SPOILT_CELL } from "./lent-copy.ts";
import { recordOf } from "./row-copy.ts";
import { tupleColumn } from "./tuple-column.ts";

const LAYOUT = layoutOf([
  { name: "int", kind: "int32", nullable: true, optional: false },
  { name: "float", kind: "float64", nullable: false, optional: true },
  { name: "flag", kind: "boolean", nullable: true, optional: false },
  { name: "text", kind: "utf8", nullable: true, optional: true },
  { name: "word", kind: "dictionary", nullable: false, optional: false },
  { name: "any", kind: "json", nullable: false, optional: false },
]);

const SPOILT: Readonly<Record<Column["kind"], unknown>> = {
  int32: -1,
  float64: -0.5,
  boolean: false,
  utf8: SPOILT_CELL,
  dictionary: undefined,
  json: SPOILT_CELL,
};

const rows = fc.array(
  fc.record({
    int: fc.option(fc.integer({ min: -1_000, max: 1_000 })),
    float: fc.option(fc.double({ noNaN: true }), { nil: undefined }),
    flag: fc.option(fc.boolean()),
    text: fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(null, undefined)),
    word: fc.constantFrom("a", "b", "c"),
    any: fc.jsonValue(),
  }),
  { minLength: 1, maxLength: 100 },
);

function batchOf(records: readonly unknown[], layout: RecordLayout): RecordBatch {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout, emit: (batch) => void batches.push(batch) });
  for (const [at, record] of records.entries()) builder.append(record, { timestamp: at, watermark: at - 1 });
  builder.flush();
  return {
    ...(batches[0] as RecordBatch),
    origin: { port: "p", split: "s", offsets: Float64Array.from(records.keys()) },
  };
}

const recordsOf = (batch: RecordBatch): unknown[] =>
  Array.from({ length: batch.length }, (_, row) => recordOf(batch, row));

/** The same batch with its strings as bytes, some of them read, behind bytes of others. */
function withBytes(batch: RecordBatch): RecordBatch {
  const columns = batch.columns.map((column): Column => {
    if (column.kind !== "utf8") return column;
    const texts = Array.from({ length: batch.length }, (_, row) => new TextEncoder().encode(column.strings[row] ?? ""));
    const lengths = Int32Array.from(texts, (text) => text.length);
    let at = 7;
    const offsets = Int32Array.from(lengths, (length) => (at += length) - length);
    const bytes = new Uint8Array(at);
    for (const [row, text] of texts.entries()) bytes.set(text, offsets[row]);
    const strings = column.strings.map((text, row) => (row % 3 === 0 ? text : undefined));
    return { ...column, bytes, offsets, lengths, strings };
  });
  return { ...batch, columns };
}

test("a lent copy holds what the batch does until it is spoilt, and then nothing of it; the batch stays", () => {
  fc.assert(
    fc.property(rows, fc.boolean(), (records, asBytes) => {
      const made = batchOf(records, LAYOUT);
      const expected = recordsOf(made);
      const batch = asBytes ? withBytes(made) : made;
      const { batch: lent, spoil } = lentCopy(batch);
      assert.deepEqual(recordsOf(lent), expected);
      assert.deepEqual(
        [...lent.timestamps, ...lent.watermarks],
        [...batch.timestamps.slice(0, batch.length), ...batch.watermarks.slice(0, batch.length)],
      );
      spoil();
      for (const column of lent.columns) {
        for (let row = 0; row < lent.length; row++) assert.equal(cellOf(column, row), SPOILT[column.kind]);
      }
      for (const times of [lent.timestamps, lent.watermarks]) assert.ok(times.every((time) => time === -0.5));
      assert.ok(lent.origin?.offsets.every((offset) => offset === -1));
      assert.deepEqual(recordsOf(batch), expected);
    }),
  );
});

test("a tuple that is held in parts is copied by its parts", () => {
  const parts = batchOf([{ int: 1, float: 0.5, flag: true, text: "x", word: "a", any: 0 }], LAYOUT).columns;
  const [, float, , text] = parts as [Column, Column, Column, Column];
  const layout = layoutOf([{ name: "key", kind: "json", nullable: false, optional: false }]);
  const plain = batchOf([{ key: [0.5, "x"] }], layout);
  const columns = [tupleColumn([{ ...float, presence: null } as Column, { ...text, presence: null } as Column], 1)];
  const batch = { ...plain, columns };
  const { batch: lent, spoil } = lentCopy(batch);
  assert.deepEqual(recordsOf(lent), [{ key: [0.5, "x"] }]);
  spoil();
  assert.deepEqual(recordsOf(lent), [{ key: SPOILT_CELL }]);
  assert.deepEqual(recordsOf(batch), [{ key: [0.5, "x"] }]);
});
