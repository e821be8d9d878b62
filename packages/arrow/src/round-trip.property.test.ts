import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { recordOf, type Field } from "@tidemark/engine/connector";
import { RecordBatchReader, tableFromIPC } from "apache-arrow";
import fc from "fast-check";
import { batchOf, decodeAll, layoutWith, recordsIn, schemaOf, streamOf, WHOLE } from "./streams.test-only.ts";

const VALUES: Readonly<Record<Field["kind"], fc.Arbitrary<unknown>>> = {
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  float64: fc.oneof(fc.double(), fc.integer()),
  boolean: fc.boolean(),
  utf8: fc.string({ unit: "binary", maxLength: 20 }),
  dictionary: fc.constantFrom("", "a", "é", "a long word of a small set"),
  json: fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(null)),
};

/** A field that may be both null and absent reads as null: Arrow has one word for them. */
const field = fc
  .record({
    kind: fc.constantFrom(...(Object.keys(VALUES) as Field["kind"][])),
    lack: fc.constantFrom("", "null", "absent"),
  })
  .map(({ kind, lack }) => ({ kind, nullable: lack === "null" && kind !== "json", optional: lack === "absent" }));

const layoutAndRecords = fc
  .array(field, { maxLength: 6 })
  .map((fields) => layoutWith(fields.map((each, index) => ({ ...each, name: `f${index}` }))))
  .chain((layout) => {
    const cells = layout.fields.map(({ name, kind, nullable, optional }) => {
      const value = nullable ? fc.option(VALUES[kind], { nil: null }) : VALUES[kind];
      return (optional ? fc.option(value, { nil: undefined }) : value).map((cell): [string, unknown][] =>
        cell === undefined ? [] : [[name, cell]],
      );
    });
    const record = fc.tuple(...cells).map((entries) => Object.fromEntries(entries.flat()) as unknown);
    return fc.record({ layout: fc.constant(layout), records: fc.array(record, { maxLength: 40 }) });
  });

const cutsOf = (max: number): fc.Arbitrary<number[]> => fc.array(fc.nat(max), { maxLength: 8 });

/** JSON has neither −0 nor a prototype of null. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

function inBatches(records: readonly unknown[], cuts: readonly number[]): unknown[][] {
  const bounds = [0, ...cuts.filter((cut) => cut < records.length).toSorted((a, b) => a - b), records.length];
  return bounds.slice(1).map((to, index) => records.slice(bounds[index], to));
}

describe("what was written is read", () => {
  test("of all kinds of column, however batches and bytes are cut, and from every position", () => {
    fc.assert(
      fc.property(
        layoutAndRecords,
        cutsOf(40),
        cutsOf(6_000),
        fc.nat(9),
        ({ layout, records }, rowCuts, cuts, shift) => {
          const batches = inBatches(records, rowCuts)
            .filter((part) => part.length > 0)
            .map((part) => batchOf(part, layout));
          const bytes = streamOf(batches);
          assert.equal(bytes.length % 8, 0);
          const expected = batches.flatMap((batch) =>
            Array.from({ length: batch.length }, (_, row) => {
              const record = recordOf(batch, row) as Record<string, unknown>;
              for (const { name, kind } of layout.fields)
                if (kind === "json" && name in record) record[name] = plain(record[name]);
              return record;
            }),
          );
          const schema = schemaOf(layout);
          const whole = decodeAll(bytes, { schema });
          assert.deepEqual(recordsIn(whole), expected);
          assert.deepEqual(
            whole.seen.map((each) => (each as { offset: number }).offset),
            expected.map((_, index) => index),
          );
          const pieces = decodeAll(bytes, { schema, cuts, shift });
          assert.deepEqual(pieces.seen, whole.seen);
          assert.deepEqual(decodeAll(bytes, { schema, cuts, shift, isLent: true }).seen, whole.seen);
          for (const start of pieces.starts) {
            const rest = decodeAll(bytes, { schema, start, cuts, shift });
            assert.equal(rest.broke, null);
            assert.deepEqual(rest.seen, whole.seen.slice(start.seen));
          }
          assert.deepEqual(recordsIn(decodeAll(bytes, { schema: schemaOf(layout, false) })), expected);
          const held = recordsIn(decodeAll(bytes, { schema: schemaOf(WHOLE) })) as Record<string, unknown>[];
          // Where nothing says that a field may be absent, it is null.
          for (const [index, record] of held.entries())
            for (const { name } of layout.fields)
              assert.deepEqual(record[name], (expected[index] as typeof record)[name] ?? null);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("by another reader of Arrow too", () => {
    fc.assert(
      fc.property(layoutAndRecords, cutsOf(40), ({ layout, records }, rowCuts) => {
        const batches = inBatches(records, rowCuts)
          .filter((part) => part.length > 0)
          .map((part) => batchOf(part, layout));
        if (batches.length === 0) return;
        const rows = [...RecordBatchReader.from(streamOf(batches))].flatMap((batch) => batch.toArray() as unknown[]);
        assert.equal(rows.length, records.length);
        for (const [index, row] of rows.entries()) {
          const record = records[index] as Record<string, unknown>;
          for (const { name, kind } of layout.fields) {
            const cell = (row as Record<string, unknown>)[name];
            const expected = record[name];
            if (kind === "json" && expected !== undefined)
              assert.deepEqual(JSON.parse(cell as string), plain(expected));
            else assert.deepEqual(cell, expected ?? null);
          }
        }
      }),
    );
  });

  test("of values that are no objects, and of a changelog", () => {
    const values = ["a", 1, null, [1, 2], { x: 1 }];
    const bytes = streamOf([batchOf(values, WHOLE)]);
    assert.deepEqual(recordsIn(decodeAll(bytes, { schema: schemaOf(WHOLE) })), values);
    const layout = layoutWith([{ name: "n", kind: "float64", nullable: false, optional: false }]);
    const changes = streamOf([batchOf([{ n: 1 }, { n: 1 }, { n: 2 }, { n: 2 }], layout, [0, 1, 2, 3])]);
    assert.deepEqual(recordsIn(decodeAll(changes, { schema: schemaOf(WHOLE) })), [
      { op: "+I", n: 1 },
      { op: "-U", n: 1 },
      { op: "+U", n: 2 },
      { op: "-D", n: 2 },
    ]);
  });

  test("of more rows than a batch has, and of dictionaries that grow", () => {
    const layout = layoutWith([{ name: "word", kind: "dictionary", nullable: true, optional: false }]);
    const records = Array.from({ length: 40_000 }, (_, n) => ({
      word: n % 7 === 0 ? null : `word ${n % (n / 10_000)}`,
    }));
    const bytes = streamOf(inBatches(records, [1_000, 20_000, 39_000]).map((part) => batchOf(part, layout)));
    const { seen, starts, broke } = decodeAll(bytes, { schema: schemaOf(layout), cuts: [10_000, 20_000] });
    assert.equal(broke, null);
    assert.deepEqual(
      seen.map((each) => (each as { record: unknown }).record),
      records,
    );
    for (const start of starts.filter((_, index) => index % 7 === 0)) {
      const rest = decodeAll(bytes, { schema: schemaOf(layout), start });
      assert.deepEqual(rest.seen, seen.slice(start.seen));
    }
  });

  test("of times, which are numbers here and timestamps there", () => {
    const layout = layoutWith([{ name: "at", kind: "float64", nullable: true, optional: false }]);
    const records = [{ at: 0 }, { at: null }, { at: Date.UTC(2001, 8, 9) }, { at: -1 }];
    const bytes = streamOf([batchOf(records, layout)], ["at"]);
    assert.match(String(tableFromIPC(bytes).schema.fields[0]?.type), /Timestamp<MILLISECOND/);
    assert.deepEqual(recordsIn(decodeAll(bytes, { schema: schemaOf(layout) })), records);
    const asText = layoutWith([{ name: "at", kind: "utf8", nullable: true, optional: false }]);
    assert.deepEqual(recordsIn(decodeAll(bytes, { schema: schemaOf(asText) })), [
      { at: "1970-01-01T00:00:00.000Z" },
      { at: null },
      { at: "2001-09-09T00:00:00.000Z" },
      { at: "1969-12-31T23:59:59.999Z" },
    ]);
    assert.throws(() => streamOf([batchOf([{ at: 0.5 }], layout)], ["at"]), { code: "TM_RECORD" });
  });
});
