import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "./batch-builder.ts";
import { type RecordBatch, ROW_KINDS } from "./batch.ts";
import { packBatch, unpackBatch } from "./batch-transfer.ts";
import { decodeKey, keyColumnOf } from "./key-codec.ts";
import type { Key } from "./key-column.ts";
import { type ColumnKind, layoutOf, type RecordLayout } from "./layout.ts";
import { recordOf, selectRows, sliceRows, withKeys } from "./row-copy.ts";

const VALUES: Readonly<Record<ColumnKind, fc.Arbitrary<unknown>>> = {
  int32: fc.oneof(fc.integer(), fc.constantFrom(0, 2 ** 31 - 1, -(2 ** 31))),
  float64: fc.double(),
  boolean: fc.boolean(),
  utf8: fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("", "\ud800", "\ufeff", "\udc00x")),
  dictionary: fc.constantFrom("red", "green", "blue", "\ud801"),
  json: fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }),
};
const KINDS = Object.keys(VALUES) as ColumnKind[];

/** A layout with the values of some records of it. */
const layoutAndRecords = fc
  .uniqueArray(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "c") }),
      kind: fc.constantFrom(...KINDS),
      nullable: fc.boolean(),
      optional: fc.boolean(),
    }),
    {
      selector: (field) => field.name,
      maxLength: 6,
    },
  )
  .map((fields) => fields.map((field) => (field.kind === "json" ? { ...field, nullable: false } : field)))
  .chain((fields) => {
    const cells = fields.map(({ kind, nullable, optional }) =>
      fc.oneof(VALUES[kind], ...(nullable ? [fc.constant(null)] : []), ...(optional ? [fc.constant(undefined)] : [])),
    );
    const record = fc
      .tuple(...cells)
      .map((values) =>
        Object.fromEntries(
          fields.flatMap(({ name, optional }, i) => (optional && values[i] === undefined ? [] : [[name, values[i]]])),
        ),
      );
    return fc.tuple(fc.constant(layoutOf(fields)), fc.array(record, { maxLength: 12 }));
  });

const anyRecords: fc.Arbitrary<[RecordLayout | null, unknown[]]> = fc.oneof(
  layoutAndRecords.map(([layout, records]): [RecordLayout | null, unknown[]] => [layout, records]),
  fc
    .array(
      fc.oneof(
        fc.record({ a: VALUES.float64, b: VALUES.utf8, c: VALUES.json }, { noNullPrototype: true }),
        fc.anything().filter((value) => value !== undefined),
      ),
      { maxLength: 12 },
    )
    .map((records): [RecordLayout | null, unknown[]] => [null, records]),
);

const key: fc.Arbitrary<Key> = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.constantFrom("k", 1),
  fc.array(fc.string(), { maxLength: 2 }),
);

/** Batches of the records, with every side column that a batch can have. */
function batchesOf(layout: RecordLayout | null, records: readonly unknown[], keys: readonly Key[]): RecordBatch[] {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({
    layout,
    origin: { port: "p", split: "s" },
    emit: (batch, tags) =>
      batches.push(
        withKeys(batch, keyColumnOf(Array.from(tags.subarray(0, batch.length), (tag) => keys[tag % keys.length]!))),
      ),
  });
  for (const [tag, record] of records.entries()) {
    builder.append(record, {
      timestamp: tag * 1.5,
      watermark: tag - 1,
      rowKind: tag % 3 === 1 ? ROW_KINDS.delete : 0,
      offset: tag * 10,
      tag,
    });
  }
  builder.flush();
  return batches;
}

/** Everything a batch says, row by row. */
function contentOf(batch: RecordBatch): unknown[] {
  const { keys } = batch;
  return Array.from({ length: batch.length }, (_, i) => ({
    record: recordOf(batch, i),
    timestamp: batch.timestamps[i],
    watermark: batch.watermarks[i],
    rowKind: batch.rowKinds?.[i] ?? null,
    offset: batch.origin?.offsets[i],
    key: keys === null ? null : decodeKey(keys.bytes.subarray(keys.offsets[i], keys.offsets[i]! + keys.lengths[i]!)),
    hash: keys?.hashes[i],
  }));
}

test("a batch that went to another thread is the same batch", () => {
  fc.assert(
    fc.property(anyRecords, fc.array(key, { minLength: 1, maxLength: 5 }), ([layout, records], keys) => {
      const batches = batchesOf(layout, records, keys);
      assert.deepStrictEqual(
        batches.flatMap((batch) => contentOf(batch).map((row) => (row as { record: unknown }).record)),
        records,
      );
      for (const batch of batches) {
        const { message, transfer } = packBatch(batch);
        const unpacked = unpackBatch(structuredClone(message, { transfer }));
        assert.equal(unpacked.layout, batch.layout);
        assert.deepStrictEqual(contentOf(unpacked), contentOf(batch));
        // Once more: columns that came over a port are packed like any others.
        assert.deepStrictEqual(contentOf(unpackBatch(packBatch(unpacked).message)), contentOf(batch));
      }
    }),
    { numRuns: 150 },
  );
});

test("rows that were selected or cut out are the rows they were", () => {
  fc.assert(
    fc.property(
      anyRecords,
      fc.array(fc.nat(), { maxLength: 30 }),
      fc.nat(),
      fc.nat(),
      ([layout, records], picks, x, y) => {
        for (const batch of batchesOf(layout, records, ["k", 1])) {
          const all = contentOf(batch);
          const rows = picks.map((pick) => pick % batch.length);
          const selected = selectRows(batch, Int32Array.from([...rows, 0]), rows.length);
          assert.deepStrictEqual(
            contentOf(selected),
            rows.map((row) => all[row]),
          );
          const [from, to] = [x % (batch.length + 1), y % (batch.length + 1)].toSorted((a, b) => a - b) as [
            number,
            number,
          ];
          assert.deepStrictEqual(contentOf(sliceRows(batch, from, to)), all.slice(from, to));
          assert.deepStrictEqual(
            contentOf(unpackBatch(packBatch(sliceRows(batch, from, to)).message)),
            all.slice(from, to),
          );
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("only what the rows use travels", () => {
  const [batch] = batchesOf(
    null,
    Array.from({ length: 1_000 }, (_, i) => ({ n: i, s: "x".repeat(100) })),
    ["k"],
  );
  const small = packBatch(sliceRows(batch!, 500, 502)).message;
  assert.ok(small.buffer.byteLength < 500, `${small.buffer.byteLength}`);
});

test("a json cell that is no plain data cannot travel", () => {
  const [batch] = batchesOf(null, [{ f: { g: () => 1 } }], ["k"]);
  assert.throws(() => packBatch(batch!), { code: "TM_STATE_VALUE", message: /a function .*path=value\.g/ });
});
