import assert from "node:assert/strict";
import { test } from "node:test";
import { type Field, layoutOf, VALUE_LAYOUT } from "../record/layout.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { batchesOf, decodeFrames, FRAME_FORMATS, framesOf, recordsIn, schemaOf } from "./frames.test-only.ts";

const field = (name: string, kind: Field["kind"], more: Partial<Field> = {}): Field => ({
  name,
  kind,
  nullable: false,
  optional: false,
  ...more,
});

/** What a port with these fields sees of records written with those: texts for what is invalid. */
function read(format: (typeof FRAME_FORMATS)[number], written: Field[], records: object[], wanted: Field[]): unknown[] {
  const bytes = framesOf(format, batchesOf(records, { layout: layoutOf(written) }));
  const { seen, broke } = decodeFrames(format, bytes, { schema: schemaOf(layoutOf(wanted)) });
  if (broke !== null) throw broke as Error;
  return (seen as { record?: unknown; error?: Error }[]).map(({ record, error }) => error?.message ?? record);
}

for (const format of FRAME_FORMATS) {
  test(`${format.kind}: fields are matched by name, whatever their order; others are left out`, () => {
    const written = [field("b", "utf8"), field("x", "json"), field("a", "int32"), field("y", "utf8")];
    const records = [{ b: "one", x: [1], a: 1, y: "é" }];
    assert.deepEqual(read(format, written, records, [field("a", "int32"), field("y", "utf8")]), [{ a: 1, y: "é" }]);
    const more = [field("a", "int32"), field("n", "utf8", { optional: true })];
    assert.deepEqual(read(format, written, records, more), [{ a: 1 }]);
  });

  test(`${format.kind}: kinds that hold the same values`, () => {
    const cases: readonly (readonly [Field["kind"], unknown, Field["kind"]])[] = [
      ["int32", 5, "float64"],
      ["int32", 5, "json"],
      ["float64", 5, "int32"],
      ["dictionary", "red", "utf8"],
      ["utf8", "red", "dictionary"],
      ["utf8", "red", "json"],
      ["json", true, "boolean"],
      ["json", null, "json"],
    ];
    for (const [from, value, to] of cases) {
      assert.deepEqual(
        read(format, [field("v", from)], [{ v: value }], [field("v", to)]),
        [{ v: value }],
        `${from} ${to}`,
      );
    }
    const optional = { nullable: true, optional: true };
    for (const kind of ["int32", "float64", "boolean", "utf8", "dictionary", "json"] as const) {
      const cells = [{ v: null }, {}];
      assert.deepEqual(read(format, [field("v", kind, optional)], cells, [field("v", "json", optional)]), cells);
      assert.deepEqual(read(format, [field("v", kind, optional)], cells, [field("v", kind, optional)]), cells);
    }
  });

  test(`${format.kind}: rows that do not fit are invalid, one by one`, () => {
    const nullable = field("v", "float64", { nullable: true, optional: true });
    const seen = read(
      format,
      [nullable],
      [{ v: 1 }, { v: 1.5 }, { v: null }, {}, { v: -0 }, { v: 2 }],
      [field("v", "int32")],
    );
    assert.deepEqual(seen, [
      { v: 1 },
      'the record does not fit its columns: field "v" must be a 32-bit integer, not the number 1.5',
      'the record does not fit its columns: field "v" must be a 32-bit integer, not null',
      'the record does not fit its columns: field "v" is missing',
      'the record does not fit its columns: field "v" must be a 32-bit integer, not -0',
      { v: 2 },
    ]);
  });

  test(`${format.kind}: a layout that cannot fit is refused with the field's name`, () => {
    assert.throws(() => read(format, [field("v", "utf8")], [{ v: "x" }], [field("v", "int32")]), {
      code: "TM_SOURCE",
      message: /field "v" is utf8 in it and int32 in the schema.*field=v, wanted=int32, held=utf8/,
    });
    assert.throws(() => read(format, [field("v", "utf8")], [{ v: "x" }], [field("w", "utf8")]), {
      code: "TM_SOURCE",
      message: /field "w" is missing in it/,
    });
  });

  test(`${format.kind}: a port that does not trust its input validates every record`, () => {
    const schema: RecordSchema = {
      ...schemaOf(VALUE_LAYOUT, false),
      validate: (value) =>
        (value as { n: number }).n % 2 === 0 ? { ok: true, value: [value] } : { ok: false, issues: "n: odd" },
    };
    const bytes = framesOf(format, batchesOf([{ n: 1 }, { n: 2 }, { n: 3 }], { layout: null }));
    const { seen } = decodeFrames(format, bytes, { schema });
    const [one, two, three] = seen as { raw?: string; beforeRow?: number; record?: unknown; error?: Error }[];
    assert.deepEqual(
      [one?.raw, one?.beforeRow, one?.error?.message],
      ['{"n":1}', 0, "the record does not fit the schema: n: odd"],
    );
    assert.deepEqual(two?.record, [{ n: 2 }]);
    assert.deepEqual([three?.raw, three?.beforeRow], ['{"n":3}', 1]);
  });

  test(`${format.kind}: more records and bytes than a frame may have are several frames`, () => {
    const records = Array.from({ length: 1_500 }, (_, n) => ({ n, s: n % 700 === 3 ? "y".repeat(9 << 20) : "z" }));
    const bytes = framesOf(format, batchesOf(records, { layout: null }));
    assert.deepEqual(recordsIn(decodeFrames(format, bytes)), records);
  });
}
