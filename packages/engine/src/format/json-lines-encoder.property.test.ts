import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "../record/batch-builder.ts";
import { packBatch, unpackBatch } from "../record/batch-transfer.ts";
import { type RecordBatch, ROW_KINDS } from "../record/batch.ts";
import { cellOf } from "../record/cell.ts";
import type { Column } from "../record/column.ts";
import { type ColumnKind, type Field, layoutOf, type RecordLayout } from "../record/layout.ts";
import { ROW_KIND_TEXTS } from "./batch-encoder.ts";
import { jsonLinesEncoder } from "./json-lines-encoder.ts";
import { jsonText } from "./json-text.ts";

const wholes = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    -0,
    9,
    10,
    99,
    100,
    999_999_999,
    1e9,
    1e9 + 1,
    4_294_967_296,
    1e14,
    1e15 - 1,
    1e15,
    -1e15,
    2 ** 53,
  ),
);
const VALUES: Readonly<Record<ColumnKind, fc.Arbitrary<unknown>>> = {
  int32: fc.oneof(fc.integer(), fc.constantFrom(0, 2 ** 31 - 1, -(2 ** 31))),
  float64: fc.oneof(fc.double(), wholes),
  boolean: fc.boolean(),
  utf8: fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("", '"', "\\", "\ud800", "\u007f", "é\n", "\u2028"),
  ),
  dictionary: fc.constantFrom("red", 'gr"een', "blau\u0000", "\ud801"),
  json: fc
    .anything({ withBigInt: true, withDate: true, withMap: true, withSet: true })
    .filter((value) => value !== undefined),
};
const KINDS = Object.keys(VALUES) as ColumnKind[];
const ROW_KIND_VALUES = Object.values(ROW_KINDS);

const tables: fc.Arbitrary<{ layout: RecordLayout; records: object[]; rowKinds: number[] | null }> = fc
  .uniqueArray(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 3 }).filter((name) => name !== "op" && name !== "__proto__"),
      kind: fc.constantFrom(...KINDS),
      nullable: fc.boolean(),
      optional: fc.boolean(),
    }),
    { selector: ({ name }) => name, maxLength: 6 },
  )
  .chain((fields: Field[]) => {
    const cells = fields.map(({ kind, nullable, optional }) =>
      fc.oneof(VALUES[kind], ...(nullable ? [fc.constant(null)] : []), ...(optional ? [fc.constant(undefined)] : [])),
    );
    const record = fc
      .tuple(...cells)
      .map((values) =>
        Object.fromEntries(fields.flatMap(({ name }, i) => (values[i] === undefined ? [] : [[name, values[i]]]))),
      );
    return fc.array(fc.tuple(record, fc.constantFrom(...ROW_KIND_VALUES)), { maxLength: 12 }).chain((rows) =>
      fc.record({
        layout: fc.constant(layoutOf(fields)),
        records: fc.constant(rows.map(([each]) => each)),
        rowKinds: fc.constantFrom(
          null,
          rows.map(([, kind]) => kind),
        ),
      }),
    );
  });

/** The lines as they are defined: the text of each cell that is there. */
function model(batch: RecordBatch): string {
  const { layout, columns, rowKinds } = batch;
  return Array.from({ length: batch.length }, (_, row) => {
    const cells = layout.fields.flatMap(({ name }, index) => {
      const value = cellOf(columns[index] as Column, row);
      return value === undefined ? [] : [`${JSON.stringify(name)}:${jsonText(value)}`];
    });
    const op = rowKinds === null ? [] : [`"op":"${ROW_KIND_TEXTS[rowKinds[row] as number]}"`];
    return `{${[...op, ...cells].join(",")}}\n`;
  }).join("");
}

test("JSON Lines are the text of each cell, whether a column holds bytes or strings", () => {
  const encoder = jsonLinesEncoder();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(tables, ({ layout, records, rowKinds }) => {
      const batches: RecordBatch[] = [];
      const builder = new BatchBuilder({ layout, emit: (batch) => void batches.push(batch) });
      for (const [row, record] of records.entries()) {
        builder.append(record, { timestamp: 0, watermark: 0, rowKind: rowKinds?.[row] });
      }
      builder.flush();
      for (const batch of batches) {
        const { message } = packBatch(batch);
        for (const each of [batch, unpackBatch(message)])
          assert.equal(decoder.decode(encoder.encode(each)), model(each));
      }
    }),
    { numRuns: 500 },
  );
});

test("a record that cannot be written leaves nothing behind for the next batch", () => {
  const encoder = jsonLinesEncoder();
  const encode = (records: readonly object[]): Uint8Array => {
    const batches: RecordBatch[] = [];
    const builder = new BatchBuilder({ layout: null, emit: (batch) => void batches.push(batch) });
    for (const record of records) builder.append(record, { timestamp: 0, watermark: 0 });
    builder.flush();
    return encoder.encode(batches[0] as RecordBatch);
  };
  const cycle: unknown[] = [];
  cycle.push(cycle);
  assert.throws(
    () =>
      encode([
        { n: 1, list: [] },
        { n: 2, list: cycle },
      ]),
    { code: "TM_RECORD" },
  );
  assert.equal(new TextDecoder().decode(encode([{ n: 3 }])), '{"n":3}\n');
});
