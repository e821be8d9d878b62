import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Field, layoutOf, VALUE_LAYOUT } from "../record/layout.ts";
import { batchesOf, decodeFrames, FRAME_FORMATS, framesOf, recordsIn, schemaOf } from "./frames.test-only.ts";

const field = (name: string, kind: Field["kind"], isPartial = false): Field => ({
  name,
  kind,
  nullable: isPartial,
  optional: isPartial,
});

const LAYOUT = layoutOf([
  field("int32", "int32"),
  field("text", "utf8", true),
  field("time", "float64"),
  field("flag", "boolean", true),
  field("colour", "dictionary"),
  field("any", "json", true),
]);

const RECORDS = [
  { int32: -1, text: "Zürich", time: 1_700_000_000_000, flag: true, colour: "red", any: { a: [1, "x"] } },
  { int32: 2_147_483_647, text: null, time: -0, flag: null, colour: "green", any: null },
  { int32: 0, time: NaN, colour: "red" },
  { int32: 7, text: "\ud800", time: Infinity, flag: false, colour: "", any: 5n },
];

const CHANGES = [{ n: 1 }, { n: 1 }, { n: 2 }, { n: 2 }];

const EXPECTED = [
  ...RECORDS,
  { op: "+I", n: 1 },
  { op: "-U", n: 1 },
  { op: "+U", n: 2 },
  { op: "-D", n: 2 },
  "not an object",
];

for (const format of FRAME_FORMATS) {
  const golden = new Uint8Array(readFileSync(`${import.meta.dirname}/golden/v1.${format.kind}`));

  test(`${format.kind}: a file of version 1 is read`, () => {
    assert.deepEqual(recordsIn(decodeFrames(format, golden)), EXPECTED);
    const first = decodeFrames(format, golden, { schema: schemaOf(LAYOUT) }).seen.slice(0, RECORDS.length);
    assert.deepEqual(
      first.map((each) => (each as { record: unknown }).record),
      RECORDS,
    );
  });

  test(`${format.kind}: a file is written as in version 1`, () => {
    const batches = [
      ...batchesOf(RECORDS, { layout: LAYOUT, cuts: [1] }),
      ...batchesOf(CHANGES, { layout: null, rowKinds: [0, 1, 2, 3] }),
      ...batchesOf(["not an object"], { layout: VALUE_LAYOUT }),
    ];
    assert.deepEqual(Buffer.from(framesOf(format, batches)).toString("hex"), Buffer.from(golden).toString("hex"));
  });
}
