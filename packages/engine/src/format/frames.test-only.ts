import assert from "node:assert/strict";
import { inspect } from "node:util";
import fc from "fast-check";
import { crc32 } from "../foundation/crc32.ts";
import { BatchBuilder } from "../record/batch-builder.ts";
import type { RecordBatch } from "../record/batch.ts";
import { type Field, layoutOf, VALUE_LAYOUT, type RecordLayout } from "../record/layout.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { recordOf } from "../record/row-copy.ts";
import { BLOCK_FRAMES } from "./block-frame.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { FrameEncoder } from "./frame-encoder.ts";
import type { FrameFormat } from "./frame-format.ts";
import { ROW_FRAMES } from "./row-frame.ts";

/** Both binary formats. */
export const FRAME_FORMATS: readonly FrameFormat[] = [ROW_FRAMES, BLOCK_FRAMES];

/** A schema that takes everything, into columns of a layout. */
export function schemaOf(layout: RecordLayout, trust = true): RecordSchema {
  return { layout, jsonSchema: null, trust, validate: (value) => ({ ok: true, value }) };
}

/** Records as batches of a layout, cut after each of `cuts` rows. */
export function batchesOf(
  records: readonly unknown[],
  options: { layout: RecordLayout | null; cuts?: readonly number[]; rowKinds?: readonly number[] },
): RecordBatch[] {
  const { layout, cuts = [], rowKinds } = options;
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout, emit: (batch) => void batches.push(batch) });
  for (const [index, record] of records.entries()) {
    builder.append(record, { timestamp: 0, watermark: 0, rowKind: rowKinds?.[index] });
    if (cuts.includes(index + 1)) builder.flush();
  }
  builder.flush();
  return batches;
}

/** The bytes of a file of batches, with a checkpoint of the sink (a flush) after each of `flushes` batches. */
export function framesOf(
  format: FrameFormat,
  batches: readonly RecordBatch[],
  flushes: readonly number[] = [],
): Uint8Array {
  const encoder = new FrameEncoder(format, crc32);
  const parts: Uint8Array[] = [];
  for (const [index, batch] of batches.entries()) {
    parts.push(encoder.encode(batch));
    if (flushes.includes(index + 1)) parts.push(encoder.flush());
  }
  parts.push(encoder.flush());
  return new Uint8Array(Buffer.concat(parts));
}

export interface FrameStart {
  readonly offset: number;
  readonly layout: string | null;
}

/** Everything that decoding tells, in order, and a start after each piece. */
export function decodeFrames(
  format: FrameFormat,
  bytes: Uint8Array,
  options: {
    schema?: RecordSchema;
    start?: FrameStart;
    cuts?: readonly number[];
    shift?: number;
    isLent?: boolean;
  } = {},
): { seen: unknown[]; starts: (FrameStart & { seen: number })[]; broke: unknown } {
  const { schema = schemaOf(VALUE_LAYOUT), start = { offset: 0, layout: null }, cuts = [], shift = 0 } = options;
  const decoder = new FrameDecoder({ format, schema, ...start, input: "x", checksum: crc32 });
  if (options.isLent === true) decoder.lend();
  const seen: unknown[] = [];
  const starts: (FrameStart & { seen: number })[] = [];
  let broke: unknown = null;
  const drain = (): void => {
    while (decoder.decode()) {
      const batch = decoder.take();
      assert.equal(batch.layout, schema.layout);
      assert.equal(batch.columns.length, schema.layout.fields.length);
      const rest = [...batch.invalid];
      for (let row = 0; row <= batch.length; row++) {
        while (rest[0]?.beforeRow === row) seen.push(rest.shift());
        if (row < batch.length)
          seen.push({ offset: batch.offsets[row], record: recordOf(batch as unknown as RecordBatch, row) });
      }
    }
    starts.push({ offset: decoder.nextOffset, layout: decoder.layoutText(), seen: seen.length });
  };
  try {
    let at = start.offset;
    for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
      if (cut < at || cut > bytes.length) continue;
      // A piece may begin at any address.
      const room = new Uint8Array(shift + cut - at);
      room.set(bytes.subarray(at, cut), shift);
      decoder.push(room.subarray(shift));
      at = cut;
      drain();
      if (decoder.copiesPieces) room.fill(0xa5);
    }
    decoder.end();
    drain();
  } catch (error) {
    broke = error;
  }
  return { seen, starts, broke };
}

/** The records alone; fails if anything was invalid. */
export function recordsIn(decoded: ReturnType<typeof decodeFrames>): unknown[] {
  assert.equal(decoded.broke, null);
  return decoded.seen.map((each) => {
    assert.ok(typeof each === "object" && each !== null && "record" in each, `not a record: ${inspect(each)}`);
    return each.record;
  });
}

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "\ud800", "a\udc00b", "\ufeffbom", "é".repeat(40), "x".repeat(300), "\u{1F600}\ud83d"),
);

/** Any number, with those that JSON loses. */
const float = fc.oneof(fc.double(), fc.constantFrom(-0, NaN, Infinity, -Infinity, 2 ** 53));

const CELLS: Readonly<Record<Field["kind"], fc.Arbitrary<unknown>>> = {
  int32: fc.integer(),
  float64: float,
  boolean: fc.boolean(),
  utf8: text,
  dictionary: fc.constantFrom("red", "green", "", "\ud800", "é"),
  json: fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(undefined, -0, NaN, 5n, new Date(7)),
    fc.constant([new Map([["a", 1]])]),
    text,
  ),
};

const field = fc.record({
  kind: fc.constantFrom<Field["kind"]>("int32", "float64", "boolean", "utf8", "dictionary", "json"),
  nullable: fc.boolean(),
  optional: fc.boolean(),
});

/** A layout with up to six fields, and records of it. */
export const layoutAndRecords: fc.Arbitrary<{ layout: RecordLayout; records: Record<string, unknown>[] }> = fc
  .array(field, { maxLength: 6 })
  .chain((fields) => {
    const layout = layoutOf(fields.map((each, index) => ({ name: `f${index} "é\ud800`, ...each })));
    const cells = layout.fields.map(({ kind, nullable, optional }) =>
      fc.oneof(
        { weight: 4, arbitrary: CELLS[kind] },
        ...(nullable ? [{ weight: 1, arbitrary: fc.constant(null) }] : []),
        ...(optional ? [{ weight: 1, arbitrary: fc.constant(undefined) }] : []),
      ),
    );
    const row = fc.tuple(...cells).map((values) => {
      const record: Record<string, unknown> = {};
      // A cell of an optional field that is undefined is absent.
      for (const [index, each] of layout.fields.entries())
        if (!(each.optional && values[index] === undefined)) record[each.name] = values[index];
      return record;
    });
    return fc.array(row, { maxLength: 12 }).map((records) => ({ layout, records }));
  });
