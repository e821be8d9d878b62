import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "../record/batch-builder.ts";
import type { RecordBatch } from "../record/batch.ts";
import { cellOf } from "../record/cell.ts";
import { layoutOf, VALUE_LAYOUT } from "../record/layout.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { recordOf } from "../record/row-copy.ts";
import { csvDecoder } from "./csv.ts";
import { csvEncoder } from "./csv-encoder.ts";
import { jsonLinesDecoder } from "./json-lines.ts";
import { jsonLinesEncoder } from "./json-lines-encoder.ts";
import type { RecordDecoder } from "./record-decoder.ts";

const ANY: RecordSchema = {
  layout: VALUE_LAYOUT,
  jsonSchema: null,
  trust: true,
  validate: (value) => ({ ok: true, value }),
};

interface Start {
  readonly offset: number;
  readonly columns: readonly string[] | null;
}

/** A decoder and how to name the columns it knows. */
type Open = (start: Start) => { decoder: RecordDecoder; columnNames(): readonly string[] | null };

const FORMATS: Readonly<Record<string, Open>> = {
  "JSON Lines": ({ offset }) => ({ decoder: jsonLinesDecoder({ schema: ANY, offset }), columnNames: () => null }),
  CSV: ({ offset, columns }) => csvDecoder({ schema: ANY, offset, delimiter: ",", input: "x", columnNames: columns }),
};

/** Everything that decoding tells, in order, and a start after each piece. */
function decode(
  open: Open,
  bytes: Uint8Array,
  options: { start?: Start; cuts?: readonly number[] } = {},
): { seen: unknown[]; starts: (Start & { seen: number })[] } {
  const { start = { offset: 0, columns: null }, cuts = [] } = options;
  const { decoder, columnNames } = open(start);
  const seen: unknown[] = [];
  const starts: (Start & { seen: number })[] = [];
  const drain = (): void => {
    const take = (): void => {
      const { length, columns, offsets, invalid } = decoder.take();
      const rest = [...invalid];
      for (let row = 0; row <= length; row++) {
        while (rest[0]?.beforeRow === row) {
          const { offset, raw, error } = rest.shift()!;
          seen.push({ offset, raw, why: error.message });
        }
        if (row < length) seen.push({ offset: offsets[row], record: cellOf(columns[0]!, row) });
      }
    };
    while (decoder.decode()) take();
    take();
    starts.push({ offset: decoder.nextOffset, columns: columnNames(), seen: seen.length });
  };
  try {
    let at = start.offset;
    for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
      if (cut < at || cut > bytes.length) continue;
      decoder.push(bytes.subarray(at, cut));
      at = cut;
      drain();
    }
    decoder.end();
    drain();
  } catch (error) {
    seen.push(`broke: ${String(error)}`);
  }
  return { seen, starts };
}

/** Texts made of what these formats find hard, as bytes that are not always UTF-8. */
const hardBytes = fc
  .array(
    fc.oneof(
      fc
        .constantFrom(
          "\n",
          "\n",
          "\r\n",
          "\r",
          '"',
          '""',
          ",",
          ",",
          "a",
          "12",
          '{"a":1}',
          "\ufeff",
          "é",
          "\u{1F600}",
          "x,y",
          '"q,\n""r"',
        )
        .map((text) => new TextEncoder().encode(text)),
      fc.constantFrom(0xff, 0xef, 0xbb, 0xc3, 0x00).map((byte) => new Uint8Array([byte])),
    ),
    { maxLength: 40 },
  )
  .map((parts) => new Uint8Array(parts.flatMap((part) => [...part])));

for (const [name, open] of Object.entries(FORMATS)) {
  test(`${name}: however the bytes are cut, and from wherever reading resumes, the records are the same`, () => {
    fc.assert(
      fc.property(hardBytes, fc.array(fc.nat(120), { maxLength: 8 }), (bytes, cuts) => {
        const whole = decode(open, bytes);
        const { seen, starts } = decode(open, bytes, { cuts });
        assert.deepEqual(seen, whole.seen);
        for (const start of starts) {
          assert.deepEqual(decode(open, bytes, { start, cuts }).seen, whole.seen.slice(start.seen));
        }
      }),
      { numRuns: 500 },
    );
  });
}

const LAYOUT = layoutOf([
  { name: "s", kind: "utf8", nullable: true, optional: false },
  { name: "f", kind: "float64", nullable: false, optional: false },
  { name: 'odd, "name"\n', kind: "boolean", nullable: false, optional: true },
  { name: "j", kind: "json", nullable: true, optional: false },
]);

const plainJson = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const record = (text: fc.Arbitrary<string>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(
    { s: fc.option(text), f: fc.double().map((n) => (n === 0 ? 0 : n)), 'odd, "name"\n': fc.boolean(), j: plainJson },
    { requiredKeys: ["s", "f", "j"], noNullPrototype: true },
  );

function batchOf(records: readonly unknown[]): RecordBatch | undefined {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout: LAYOUT, emit: (batch) => void batches.push(batch) });
  for (const each of records) builder.append(each, { timestamp: 0, watermark: 0 });
  builder.flush();
  return batches[0];
}

function rowsOf(decoder: RecordDecoder, bytes: Uint8Array): unknown[] {
  decoder.push(bytes);
  decoder.decode();
  decoder.end();
  decoder.decode();
  const batch = decoder.take();
  assert.deepEqual(batch.invalid, []);
  return Array.from({ length: batch.length }, (_, row) => recordOf(batch as unknown as RecordBatch, row));
}

const SCHEMA: RecordSchema = { ...ANY, layout: LAYOUT };

test("CSV: what the encoder writes, the decoder reads back", () => {
  fc.assert(
    fc.property(fc.array(record(fc.string({ unit: "grapheme" })), { minLength: 1, maxLength: 6 }), (records) => {
      const encoder = csvEncoder({ delimiter: "," });
      const lines = encoder.encode(batchOf(records)!);
      const header = new TextEncoder().encode(encoder.header() as string);
      const bytes = new Uint8Array([...header, ...lines]);
      const { decoder } = csvDecoder({ schema: SCHEMA, offset: 0, delimiter: ",", input: "x", columnNames: null });
      assert.deepEqual(rowsOf(decoder, bytes), records);
    }),
    { numRuns: 300 },
  );
});

test("JSON Lines: what the encoder writes, the decoder reads back, lone surrogates too", () => {
  const finite = record(fc.string({ unit: "binary" })).filter(({ f }) => Number.isFinite(f));
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1, maxLength: 6 }), (records) => {
      const bytes = jsonLinesEncoder().encode(batchOf(records)!);
      assert.deepEqual(rowsOf(jsonLinesDecoder({ schema: SCHEMA, offset: 0 }), bytes), records);
    }),
    { numRuns: 300 },
  );
});
