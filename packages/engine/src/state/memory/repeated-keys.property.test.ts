import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BATCH_ROWS_MAX } from "../../record/batch.ts";
import { integerKeys } from "../../record/integer-keys.ts";
import { RepeatedKeys } from "./repeated-keys.ts";
import { RowTable } from "./row-table.ts";

// Many of them share a place: they differ by a multiple of the number of places.
const key = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(2_048, 4_096, 2 ** 32, 2 ** 32 + 1, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
const batch = fc.array(key, { minLength: 1, maxLength: BATCH_ROWS_MAX, size: "max" });

test("each row gets what was found for its key", () => {
  const repeated = new RepeatedKeys();
  fc.assert(
    fc.property(batch, (keys) => {
      const count = repeated.collect(Float64Array.from(keys), keys.length);
      if (count < 0) return;
      assert.ok(count <= keys.length);
      const found = Int32Array.from({ length: count }, (_, i) => i);
      const rows = new Int32Array(keys.length);
      repeated.spread(found, keys.length, rows);
      assert.deepEqual(
        Array.from(rows, (row) => repeated.distinct[row]),
        keys,
      );
    }),
  );
});

test("batches whose keys hardly repeat make the next ones pass", () => {
  const repeated = new RepeatedKeys();
  assert.equal(repeated.collect(new Float64Array(100), 100), 1);
  const different = Float64Array.from({ length: 100 }, (_, i) => i);
  assert.equal(repeated.collect(different, 100), 100);
  assert.equal(repeated.collect(new Float64Array(100), 100), -1);
});

test("a table gives the rows of a batch as those of its keys one by one", () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 6 }), (batches) => {
      const table = new RowTable("repeated");
      const oneByOne = new RowTable("one by one");
      for (const keys of batches) {
        const rows = new Int32Array(keys.length);
        table.resolve(integerKeys(Float64Array.from(keys)), keys.length, rows);
        for (const [i, each] of keys.entries()) {
          const row = new Int32Array(1);
          oneByOne.resolve(integerKeys(Float64Array.of(each)), 1, row);
          assert.equal(rows[i], row[0]);
        }
        assert.equal(table.liveRows, oneByOne.liveRows);
      }
    }),
    { numRuns: 30 },
  );
});
