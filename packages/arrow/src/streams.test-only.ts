import assert from "node:assert/strict";
import {
  recordOf,
  RecordWriter,
  type RecordBatch,
  type RecordLayout,
  type RecordSchema,
} from "@tidemark/engine/connector";
import { ArrowDecoder } from "./arrow-decoder.ts";
import { ArrowEncoder } from "./arrow-encoder.ts";

type Fields = RecordLayout["fields"];

let id = 1_000_000;

/** A layout of its own. */
export function layoutWith(fields: Fields, shape: RecordLayout["shape"] = "struct"): RecordLayout {
  return { id: id++, shape, fields };
}

/** A layout that holds records whole. */
export const WHOLE: RecordLayout = layoutWith(
  [{ name: "value", kind: "json", nullable: false, optional: false }],
  "value",
);

/** A schema that takes everything, into columns of a layout. */
export function schemaOf(layout: RecordLayout, trust = true): RecordSchema {
  return { layout, jsonSchema: null, trust, validate: (value) => ({ ok: true, value }) };
}

/** Records as one batch. */
export function batchOf(records: readonly unknown[], layout: RecordLayout, rowKinds?: readonly number[]): RecordBatch {
  const writer = new RecordWriter(layout);
  for (const record of records) assert.equal(writer.append(record), null);
  return {
    layout,
    length: records.length,
    columns: writer.take(),
    timestamps: new Float64Array(records.length),
    watermarks: new Float64Array(records.length),
    rowKinds: rowKinds === undefined ? null : Uint8Array.from(rowKinds),
    keys: null,
    origin: null,
  };
}

/** Batches as a stream without its end, with a checkpoint (a flush) after each. */
export function streamOf(batches: readonly RecordBatch[], timestamps: readonly string[] = []): Uint8Array {
  const encoder = new ArrowEncoder(new Set(timestamps));
  const parts: Uint8Array[] = [];
  for (const batch of batches) parts.push(encoder.encode(batch), encoder.flush());
  return new Uint8Array(Buffer.concat([encoder.header()?.bytes ?? new Uint8Array(0), ...parts]));
}

/** Where a decoder can be opened again, and how much was seen before. */
export interface Start {
  readonly offset: number;
  readonly header: readonly string[] | null;
  readonly seen: number;
}

/** Everything that decoding tells, in order, and a start after each batch. */
export function decodeAll(
  bytes: Uint8Array,
  options: { schema: RecordSchema; start?: Start; cuts?: readonly number[]; shift?: number; isLent?: boolean },
): { seen: unknown[]; starts: Start[]; broke: unknown } {
  const { schema, start = { offset: 0, header: null, seen: 0 }, cuts = [], shift = 0 } = options;
  const seen: unknown[] = [];
  const starts: Start[] = [];
  let broke: unknown = null;
  try {
    const decoder = new ArrowDecoder({ schema, offset: start.offset, header: start.header, input: "x" });
    if (options.isLent === true) decoder.lend();
    const mark = (): void => {
      const header = decoder.header();
      starts.push({ offset: decoder.nextOffset, header: header && [...header], seen: seen.length });
    };
    const drain = (): void => {
      while (decoder.decode()) {
        const batch = decoder.take();
        assert.equal(batch.layout, schema.layout);
        for (const { error, offset } of batch.invalid) seen.push({ offset, invalid: error.message });
        for (let row = 0; row < batch.length; row++)
          seen.push({ offset: batch.offsets[row], record: recordOf(batch as never, row) });
        mark();
      }
      mark();
    };
    let at = start.offset;
    for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
      if (cut <= at || cut > bytes.length) continue;
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

/** The records of what {@link decodeAll} saw. */
export function recordsIn({ seen, broke }: { seen: readonly unknown[]; broke: unknown }): unknown[] {
  assert.equal(broke, null);
  return seen.map((each) => (each as { record: unknown }).record);
}
