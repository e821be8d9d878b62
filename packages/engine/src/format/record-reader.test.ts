import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { layoutAndRecords, batchesOf } from "./frames.test-only.ts";
import { recordOf } from "../record/row-copy.ts";
import { recordReader } from "./record-reader.ts";

test("generated or not, a reader gives the records that the columns hold", () => {
  fc.assert(
    fc.property(layoutAndRecords, ({ layout, records }) => {
      // Lines with fields of any value are not decoded by column.
      if (layout.shape === "value" || layout.fields.some(({ kind }) => kind === "json")) return;
      for (const batch of batchesOf(records, { layout })) {
        const expected = Array.from({ length: batch.length }, (_, row) => recordOf(batch, row));
        for (const codeGeneration of [true, false]) {
          const recordAt = recordReader(layout, codeGeneration)(batch.columns, batch.length);
          assert.deepEqual(
            expected.map((_, row) => recordAt(row)),
            expected,
          );
        }
      }
    }),
    { numRuns: 300 },
  );
});
