import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { RecordBatch } from "../record/batch.ts";
import type { Column } from "../record/column.ts";
import { layoutOf } from "../record/layout.ts";
import { stringColumn } from "../record/string-column.ts";
import { tupleColumn } from "../record/tuple-column.ts";
import { jsonLinesEncoder } from "./json-lines-encoder.ts";

const LAYOUT = layoutOf([{ name: "key", kind: "json", nullable: false, optional: false }]);

function linesOf(column: Column, length: number): string {
  const batch: RecordBatch = {
    layout: LAYOUT,
    length,
    columns: [column],
    timestamps: new Float64Array(length),
    watermarks: new Float64Array(length),
    rowKinds: null,
    keys: null,
    origin: null,
  };
  return new TextDecoder().decode(jsonLinesEncoder().encode(batch));
}

test("tuples in parts are written as the arrays that they stand for, which are not made", () => {
  const tuples = fc.array(fc.tuple(fc.double(), fc.string({ unit: "binary" }), fc.boolean(), fc.jsonValue()));
  fc.assert(
    fc.property(tuples, (rows) => {
      const parts: readonly Column[] = [
        { kind: "float64", presence: null, values: Float64Array.from(rows, ([n]) => n) },
        stringColumn(rows.map(([, text]) => text)),
        { kind: "boolean", presence: null, values: Uint8Array.from(rows, ([, , flag]) => Number(flag)) },
        { kind: "json", presence: null, values: rows.map((row) => row[3]) },
      ];
      const column = tupleColumn(parts, rows.length);
      Object.defineProperty(column, "values", { get: () => assert.fail("an array was made") });
      const values = rows.map((row) => [...row]);
      assert.equal(linesOf(column, rows.length), linesOf({ kind: "json", presence: null, values }, rows.length));
    }),
  );
});
