import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "./batch-builder.ts";
import type { RecordBatch } from "./batch.ts";
import { packBatch, unpackBatch } from "./batch-transfer.ts";
import { encodeKey } from "./key-codec.ts";
import { hashKey } from "./key-hash.ts";
import { compileKeyFunction } from "./key.ts";
import { layoutOf, VALUE_LAYOUT } from "./layout.ts";

interface In {
  readonly i: number;
  readonly f: number;
  readonly n: number | null;
  readonly s: string;
  readonly b: boolean;
  readonly d: string;
}

const LAYOUT = layoutOf([
  { name: "i", kind: "int32", nullable: false, optional: false },
  { name: "f", kind: "float64", nullable: false, optional: false },
  { name: "n", kind: "float64", nullable: true, optional: false },
  { name: "s", kind: "utf8", nullable: false, optional: false },
  { name: "b", kind: "boolean", nullable: false, optional: false },
  { name: "d", kind: "dictionary", nullable: false, optional: false },
]);

const fail = (): never => {
  throw new Error("no key");
};

/** Written as users write them; the first ones need not be called. */
const KEYS: readonly ((r: In) => unknown)[] = [
  (r) => r.i,
  ({ i }) => i,
  ({ f: key }) => key,
  (r) => r.n,
  (r) => r.s,
  (r) => [r.i, r.f],
  ({ f, i }) => [f, i],
  ({ f, i }) => [f, i, f],
  (r) => [r.f % 4, r.i],
  (r) => (r.i % 3 === 2 ? [r.i] : [r.i, r.f]),
  (r) => (r.i % 3 === 2 ? r.i : [r.f, r.i]),
  (r) => [r.n, r.i],
  (r) => [r.i, r.s],
  (r) => [r.n],
  (r) => r.b,
  (r) => r.d,
  (r) => [r.d],
  (r) => [r.i, r.s, r.f],
  (r) => [r.s, r.s],
  ({ b, d, f }) => [f, b, d],
  (r) => [r.i, r.f, r.i],
  () => [],
  (r) => r.i % 3,
  (r) => (r.i % 3 === 2 ? String(r.f) : r.i),
  (r) => (r.i % 3 === 1 ? fail() : r.f),
  (r) => (r.i % 3 === 1 ? [r.i, r.s] : r.f),
  (r) => (r as unknown as { missing: unknown }).missing,
  (r) => (r.i === 4 ? -0 : -r.i),
];

const record: fc.Arbitrary<In> = fc.record({
  i: fc.oneof(fc.nat(9), fc.integer()),
  f: fc.oneof(fc.nat(9), fc.maxSafeInteger(), fc.constantFrom(-0, 0.5, Number.NaN, 2 ** 53)),
  n: fc.option(fc.nat(9)),
  s: fc.oneof(
    fc.string(),
    fc.constantFrom("", "\u0000", "a\u0000", "é", "日本", "😀", "\ud800", "x".repeat(200), "y".repeat(40_000)),
  ),
  b: fc.boolean(),
  d: fc.constantFrom("", "one", "two", "drei\u0000", "vier é"),
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function batchOf(records: readonly unknown[], layout: typeof LAYOUT): RecordBatch {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout, emit: (batch) => batches.push(batch) });
  for (const [timestamp, one] of records.entries()) builder.append(one, { timestamp, watermark: 0 });
  builder.flush();
  return batches[0] as RecordBatch;
}

for (const [index, fn] of KEYS.entries()) {
  test(`keys are those that the function gives: ${index} ${String(fn)}`, () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), fc.boolean(), (records, isStruct) => {
        const expected = records.flatMap((one, row) => {
          try {
            const bytes = encodeKey(fn(one));
            return [`${row} ${hex(bytes)} ${hashKey(bytes, 0, bytes.length)}`];
          } catch {
            return [];
          }
        });
        for (const options of [
          { debug: false, codeGeneration: true },
          { debug: true, codeGeneration: true },
          { debug: false, codeGeneration: false },
        ]) {
          const keyFunction = compileKeyFunction(fn as (r: never) => unknown, options);
          const batch = batchOf(records, isStruct ? LAYOUT : VALUE_LAYOUT);
          for (let round = 0; round < 2; round++) {
            const failed: number[] = [];
            const { keys, timestamps, length } = keyFunction.run(
              // The second time as it comes from another thread, with its text as bytes.
              round === 0 ? batch : unpackBatch(packBatch(batch).message),
              (_, { row }) => failed.push(row),
            );
            const found = Array.from({ length }, (_, i) => {
              const at = keys!.offsets[i] as number;
              const bytes = keys!.bytes.subarray(at, at + (keys!.lengths[i] as number));
              return `${timestamps[i]} ${hex(bytes)} ${keys!.hashes[i]}`;
            });
            assert.deepStrictEqual(found, expected);
            assert.equal(failed.length, records.length - expected.length);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
}
