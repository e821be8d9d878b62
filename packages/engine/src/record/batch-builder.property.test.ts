import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "./batch-builder.ts";
import { recordOf } from "./row-copy.ts";

const cell = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(1, -0, 2 ** 40, 0.5) },
  { weight: 3, arbitrary: fc.constantFrom("", "x", "\ud800") },
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.constantFrom({ deep: [1] }, [undefined], new Date(0), new Map([["k", 1]])),
);
/** Mostly records of one shape, as in a stream, with others among them. */
const record = fc.oneof(
  { weight: 8, arbitrary: fc.record({ a: fc.constantFrom(1, 2, -0), b: cell }, { noNullPrototype: true }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.constantFrom("b", "a", "c", "1", "__proto__", "toString"), cell, {
      noNullPrototype: true,
    }),
  },
  { weight: 1, arbitrary: cell.filter((value) => value !== undefined) },
);

test("whatever is appended is in the batches, in order, however it was written", () => {
  fc.assert(
    fc.property(fc.array(fc.array(record, { maxLength: 30 }), { maxLength: 4 }), (flushes) => {
      const layouts = [true, false].map((codeGeneration) => {
        const rows: unknown[] = [];
        const seen: number[] = [];
        const builder = new BatchBuilder({
          layout: null,
          codeGeneration,
          emit(batch) {
            seen.push(batch.layout.id, batch.length);
            for (let i = 0; i < batch.length; i++) rows.push(recordOf(batch, i));
          },
        });
        for (const records of flushes) {
          for (const item of records) builder.append(item, { timestamp: 0, watermark: 0 });
          builder.flush();
        }
        assert.deepStrictEqual(rows, flushes.flat());
        assert.deepStrictEqual(rows.map(keysOf), flushes.flat().map(keysOf));
        return seen;
      });
      assert.deepStrictEqual(layouts[0], layouts[1]);
    }),
    { numRuns: 200 },
  );
});

function keysOf(value: unknown): string[] | null {
  return typeof value === "object" && value !== null ? Object.keys(value) : null;
}

test("what was rolled back never was", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.array(record, { maxLength: 5 }), fc.boolean(), fc.boolean()), { maxLength: 20 }),
      fc.boolean(),
      (units, codeGeneration) => {
        const rows: unknown[] = [];
        const builder = new BatchBuilder({
          layout: null,
          codeGeneration,
          emit(batch) {
            for (let i = 0; i < batch.length; i++) rows.push(recordOf(batch, i));
          },
        });
        for (const [records, isKept, isLong] of units) {
          builder.mark();
          for (const item of records) builder.append(item, { timestamp: 0, watermark: 0 });
          if (isLong) for (let i = 0; i < 1_500; i++) builder.append(i, { timestamp: 0, watermark: 0 });
          if (isKept) builder.commit();
          else builder.rollback();
        }
        builder.flush();
        const expected = units.flatMap(([records, isKept, isLong]) =>
          isKept ? [...records, ...(isLong ? Array.from({ length: 1_500 }, (_, i) => i) : [])] : [],
        );
        assert.equal(rows.length, expected.length);
        assert.deepStrictEqual(rows, expected);
      },
    ),
    { numRuns: 60 },
  );
});
