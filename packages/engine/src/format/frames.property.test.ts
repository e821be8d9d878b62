import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RecordBatch } from "../record/batch.ts";
import { type RecordLayout, VALUE_LAYOUT } from "../record/layout.ts";
import { recordOf } from "../record/row-copy.ts";
import { ROW_KIND_TEXTS } from "./batch-encoder.ts";
import {
  batchesOf,
  decodeFrames,
  FRAME_FORMATS,
  framesOf,
  layoutAndRecords,
  recordsIn,
  schemaOf,
} from "./frames.test-only.ts";
import { jsonLinesDecoder } from "./json-lines.ts";
import { jsonLinesEncoder } from "./json-lines-encoder.ts";

const cutsOf = (max: number): fc.Arbitrary<number[]> => fc.array(fc.nat(max), { maxLength: 8 });

function recordsOf(batches: readonly RecordBatch[]): unknown[] {
  return batches.flatMap((batch) => Array.from({ length: batch.length }, (_, row) => recordOf(batch, row)));
}

/** What the JSON Lines decoder makes of lines; those that do not fit (NaN is a text in JSON) are left out. */
function batchOfLines(lines: Uint8Array, layout: RecordLayout): RecordBatch {
  const decoder = jsonLinesDecoder({ schema: schemaOf(layout), offset: 0 });
  decoder.push(lines);
  decoder.decode();
  const { length, columns } = decoder.take();
  const none = new Float64Array(length);
  return { layout, length, columns, timestamps: none, watermarks: none, rowKinds: null, keys: null, origin: null };
}

for (const format of FRAME_FORMATS) {
  test(`${format.kind}: what was encoded is decoded, for all kinds of column, however batches and bytes are cut`, () => {
    fc.assert(
      fc.property(
        layoutAndRecords,
        cutsOf(12),
        cutsOf(3),
        cutsOf(6_000),
        fc.nat(9),
        ({ layout, records }, rowCuts, flushes, cuts, shift) => {
          const batches = batchesOf(records, { layout, cuts: rowCuts });
          const bytes = framesOf(format, batches, flushes);
          assert.equal(bytes.length % 8, 0);
          const expected = recordsOf(batches);
          const whole = decodeFrames(format, bytes, { schema: schemaOf(layout) });
          assert.deepEqual(recordsIn(whole), expected);
          const pieces = decodeFrames(format, bytes, { schema: schemaOf(layout), cuts, shift });
          assert.deepEqual(pieces.seen, whole.seen);
          const lent = decodeFrames(format, bytes, { schema: schemaOf(layout), cuts, shift, isLent: true });
          assert.deepEqual(lent.seen, whole.seen);
          for (const start of pieces.starts) {
            const rest = decodeFrames(format, bytes, { schema: schemaOf(layout), start, cuts, shift });
            assert.deepEqual(rest.seen, whole.seen.slice(start.seen));
          }
          const offsets = (whole.seen as { offset: number }[]).map(({ offset }) => offset);
          assert.ok(offsets.every((offset, i) => i === 0 || offset > offsets[i - 1]!));
          // Validated row by row, and held whole, the records are the same.
          assert.deepEqual(recordsIn(decodeFrames(format, bytes, { schema: schemaOf(layout, false) })), expected);
          assert.deepEqual(recordsIn(decodeFrames(format, bytes, { schema: schemaOf(VALUE_LAYOUT) })), expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  test(`${format.kind}: lines → columns → frames → the same columns`, () => {
    fc.assert(
      fc.property(layoutAndRecords, cutsOf(400), ({ layout, records }, cuts) => {
        const lines = Buffer.concat(batchesOf(records, { layout }).map((batch) => jsonLinesEncoder().encode(batch)));
        const batch = batchOfLines(lines, layout);
        const bytes = framesOf(format, [batch]);
        assert.deepEqual(
          recordsIn(decodeFrames(format, bytes, { schema: schemaOf(layout), cuts })),
          recordsOf([batch]),
        );
      }),
      { numRuns: 200 },
    );
  });

  test(`${format.kind}: learned layouts, which change on the way, and values that are no objects`, () => {
    const any = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.record({ a: fc.integer() }, { noNullPrototype: true }),
      fc.record({ a: fc.double(), b: fc.string({ unit: "binary" }) }, { noNullPrototype: true }),
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 10 }), cutsOf(10), cutsOf(4), (values, rowCuts, flushes) => {
        const batches = batchesOf(values, { layout: null, cuts: rowCuts });
        const bytes = framesOf(format, batches, flushes);
        assert.deepEqual(recordsIn(decodeFrames(format, bytes)), recordsOf(batches));
      }),
      { numRuns: 200 },
    );
  });

  test(`${format.kind}: a changelog reads as its JSON Lines do`, () => {
    const any = fc.oneof(
      { weight: 3, arbitrary: fc.record({ a: fc.integer(), b: fc.string() }, { noNullPrototype: true }) },
      { weight: 1, arbitrary: fc.integer() },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(any, fc.nat(3)), { maxLength: 10 }), (changes) => {
        const batches = batchesOf(
          changes.map(([value]) => value),
          { layout: null, rowKinds: changes.map(([, kind]) => kind) },
        );
        const lines = new TextDecoder().decode(Buffer.concat(batches.map((each) => jsonLinesEncoder().encode(each))));
        const expected = lines
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line) as unknown);
        const records = recordsIn(decodeFrames(format, framesOf(format, batches)));
        assert.deepEqual(records, expected);
        assert.ok(records.every((each, i) => (each as { op: string }).op === ROW_KIND_TEXTS[changes[i]![1]]));
      }),
      { numRuns: 200 },
    );
  });

  test(`${format.kind}: a bit that flipped is never taken for data`, () => {
    const sample = batchesOf(
      Array.from({ length: 20 }, (_, n) => ({ n, x: n / 3, s: `text ${n}`, b: n % 2 === 0, j: [n] })),
      { layout: null, cuts: [7, 13] },
    );
    const bytes = framesOf(format, sample, [1, 2]);
    const { seen } = decodeFrames(format, bytes);
    const byOffset = new Map(seen.map((each) => [(each as { offset: number }).offset, each]));
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const flipped = bytes.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const damaged = decodeFrames(format, flipped);
        for (const each of damaged.seen as { offset: number; error?: unknown }[])
          if (each.error === undefined) assert.deepEqual(each, byOffset.get(each.offset));
        const isTold =
          (damaged.broke as { code?: string } | null)?.code === "TM_SOURCE" ||
          damaged.seen.some((each) => (each as { error?: { code: string } }).error?.code === "TM_RECORD");
        assert.ok(isTold, `bit ${bit}`);
      }),
      { numRuns: 1_000 },
    );
  });

  test(`${format.kind}: an input that ends within a frame gives the frames before, and says so`, () => {
    const sample = batchesOf(
      Array.from({ length: 9 }, (_, n) => ({ n, s: `text ${n}` })),
      { layout: null, cuts: [3, 6] },
    );
    const bytes = framesOf(format, sample, [1, 2]);
    const { seen, starts } = decodeFrames(format, bytes, { cuts: Array.from(bytes.keys()) });
    for (let length = 0; length < bytes.length; length++) {
      const short = decodeFrames(format, bytes.subarray(0, length));
      assert.equal(short.broke, null);
      const { offset } = starts.findLast((start) => start.offset <= length) ?? { offset: 0 };
      const whole = seen.filter((each) => (each as { offset: number }).offset < offset);
      assert.deepEqual(short.seen.slice(0, whole.length), whole);
      const rest = short.seen.slice(whole.length) as { offset: number; error: { message: string } }[];
      assert.equal(rest.length, offset === length ? 0 : 1, `cut at ${length}`);
      if (offset < length) assert.match(rest[0]!.error.message, /the input ends within it/);
    }
  });
}
