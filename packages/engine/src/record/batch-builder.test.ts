import assert from "node:assert/strict";
import test from "node:test";
import { BatchBuilder } from "./batch-builder.ts";
import { BATCH_ROWS_MAX, type RecordBatch, ROW_KINDS } from "./batch.ts";
import { type Field, layoutOf, type RecordLayout, VALUE_LAYOUT } from "./layout.ts";
import { recordOf } from "./row-copy.ts";

const facts = { timestamp: 1, watermark: 0 };

function field(name: string, kind: Field["kind"], flags: Partial<Field> = {}): Field {
  return { name, kind, nullable: false, optional: false, ...flags };
}

/** A builder, the batches it emitted and the records in them. */
function recording(layout: RecordLayout | null, origin?: { port: string; split: string }) {
  const batches: RecordBatch[] = [];
  const tags: number[] = [];
  const builder = new BatchBuilder({
    layout,
    emit(batch, rowTags) {
      batches.push(batch);
      tags.push(...rowTags.subarray(0, batch.length));
    },
    ...(origin === undefined ? {} : { origin }),
  });
  const records = (): unknown[] =>
    batches.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => recordOf(batch, i)));
  const kinds = (): unknown[] =>
    batches.map(({ layout: { fields, shape } }) =>
      shape === "value" ? "value" : fields.map(({ name, kind }) => `${name}:${kind}`).join(),
    );
  return { builder, batches, tags, records, kinds };
}

test("a layout is learned from the first row, in the order of its keys", () => {
  const { builder, records, kinds } = recording(null);
  const record = { s: "x", n: -0, b: true, o: { a: 1 }, z: null, u: undefined };
  builder.append(record, facts);
  builder.flush();
  assert.deepStrictEqual(kinds(), ["s:utf8,n:float64,b:boolean,o:json,z:json,u:json"]);
  assert.deepStrictEqual(records(), [record]);
});

test("a value of another type ends the batch and makes that one field json", () => {
  const { builder, records, kinds } = recording(null);
  const rows = [
    { a: 1, b: "x" },
    { a: 2, b: "y" },
    { a: 3, b: null },
    { a: 4, b: "z" },
  ];
  for (const row of rows) builder.append(row, facts);
  builder.flush();
  assert.deepStrictEqual(kinds(), ["a:float64,b:utf8", "a:float64,b:json"]);
  assert.deepStrictEqual(records(), rows);
});

for (const [name, odd] of Object.entries({
  "another key": { a: 1, c: 2 },
  "one key more": { a: 1, b: 2, c: 3 },
  "one key less": { a: 1 },
  "another order": { b: 2, a: 1 },
  "a primitive": 7,
  null: null,
  "an array": [1, 2],
  "a date": new Date(0),
})) {
  test(`records are held whole after one with ${name}`, () => {
    const { builder, records, kinds, batches } = recording(null);
    const rows = [{ a: 1, b: 2 }, odd, { a: 3, b: 4 }];
    for (const row of rows) builder.append(row, facts);
    builder.flush();
    assert.deepStrictEqual(kinds(), ["a:float64,b:float64", "value"]);
    assert.deepStrictEqual(records(), rows);
    assert.deepStrictEqual(
      records().map((row) => Object.keys(Object(row) as object)),
      rows.map((row) => Object.keys(Object(row) as object)),
    );
    assert.equal(batches[1]?.layout, VALUE_LAYOUT);
  });
}

for (const [name, record] of Object.entries({
  "a class instance": new (class Point {
    x = 1;
  })(),
  "a key __proto__": JSON.parse('{"__proto__":1,"a":2}') as object,
  "keys that are indexes": { 2: "b", 1: "a" },
  "very many keys": Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])),
  "a symbol key": { [Symbol.for("s")]: 1 },
})) {
  test(`a first row with ${name} is held whole`, () => {
    const { builder, records, kinds } = recording(null);
    builder.append(record, facts);
    builder.flush();
    assert.deepStrictEqual(kinds(), ["value"]);
    assert.equal(records()[0], record);
  });
}

test("undefined is no record", () => {
  const { builder } = recording(null);
  assert.throws(() => builder.append(undefined, facts), { code: "TM_RECORD", message: /cannot be undefined/ });
});

test("a full batch is emitted at once, the rest by flush, an empty flush gives nothing", () => {
  const { builder, batches, tags } = recording(null);
  for (let i = 0; i < BATCH_ROWS_MAX + 5; i++) builder.append({ i }, { timestamp: i, watermark: i - 10, tag: i * 2 });
  assert.deepStrictEqual([batches.length, builder.length], [1, 5]);
  builder.flush();
  builder.flush();
  assert.deepStrictEqual(
    batches.map((batch) => batch.length),
    [BATCH_ROWS_MAX, 5],
  );
  assert.deepStrictEqual(
    tags,
    Array.from({ length: BATCH_ROWS_MAX + 5 }, (_, i) => i * 2),
  );
  assert.deepStrictEqual([...(batches[1]?.timestamps.subarray(0, 5) ?? [])], [1024, 1025, 1026, 1027, 1028]);
  assert.deepStrictEqual([...(batches[1]?.watermarks.subarray(0, 5) ?? [])], [1014, 1015, 1016, 1017, 1018]);
});

test("row kinds appear with the first row that is no insert; offsets with an origin", () => {
  const { builder, batches } = recording(null, { port: "p", split: "s" });
  for (let i = 0; i < 40; i++) {
    builder.append({ i }, { ...facts, offset: i * 10, ...(i === 35 ? { rowKind: ROW_KINDS.delete } : {}) });
  }
  builder.flush();
  builder.append({ i: 0 }, facts);
  builder.flush();
  assert.deepStrictEqual(
    [...(batches[0]?.rowKinds?.subarray(0, 40) ?? [])],
    Array.from({ length: 40 }, (_, i) => (i === 35 ? 3 : 0)),
  );
  assert.deepStrictEqual(batches[0]?.origin?.offsets.slice(0, 3), new Float64Array([0, 10, 20]));
  assert.deepStrictEqual([batches[0]?.origin?.port, batches[0]?.origin?.split, batches[1]?.rowKinds], ["p", "s", null]);
});

test("emitted batches are not changed by later rows", () => {
  const { builder, records } = recording(null);
  builder.append({ a: 1, s: "x", j: null }, facts);
  builder.flush();
  builder.append({ a: 2, s: "y", j: [1] }, facts);
  builder.flush();
  assert.deepStrictEqual(records(), [
    { a: 1, s: "x", j: null },
    { a: 2, s: "y", j: [1] },
  ]);
});

test("a fixed layout takes its fields in any order, drops undeclared keys, and keeps null and absent apart", () => {
  const layout = layoutOf([
    field("i", "int32"),
    field("e", "dictionary"),
    field("s", "utf8", { nullable: true, optional: true }),
    field("constructor", "float64", { optional: true }),
  ]);
  const { builder, records } = recording(layout);
  const rows: object[] = Array.from({ length: 40 }, (_, i) => ({ i, e: i % 2 === 0 ? "even" : "odd" }));
  for (const row of rows) builder.append(row, facts);
  builder.append({ extra: 1, s: null, e: "even", i: -5 }, facts);
  builder.append({ i: 2 ** 31 - 1, e: "x", s: undefined, constructor: 1.5 }, facts);
  builder.append({ i: -(2 ** 31), e: "x", s: "" }, facts);
  builder.flush();
  assert.deepStrictEqual(records(), [
    ...rows,
    { i: -5, e: "even", s: null },
    { i: 2 ** 31 - 1, e: "x", constructor: 1.5 },
    { i: -(2 ** 31), e: "x", s: "" },
  ]);
});

const strict = layoutOf([field("i", "int32"), field("b", "boolean"), field("j", "json")]);
for (const [name, record, message] of [
  ["-0", { i: -0, b: true, j: 1 }, /^field "i" must be a 32-bit integer, not -0$/],
  ["a fraction", { i: 1.5, b: true, j: 1 }, /not the number 1\.5$/],
  ["2^31", { i: 2 ** 31, b: true, j: 1 }, /not the number 2147483648$/],
  ["NaN", { i: Number.NaN, b: true, j: 1 }, /not the number NaN$/],
  ["a string for a number", { i: "1", b: true, j: 1 }, /not a string$/],
  ["null", { i: null, b: true, j: 1 }, /not null$/],
  ["1 for a boolean", { i: 1, b: 1, j: 1 }, /^field "b" must be a boolean, not the number 1$/],
  ["a missing field", { i: 1, j: 1 }, /^field "b" is missing$/],
  ["a missing json field", { i: 1, b: true }, /^field "j" is missing$/],
  ["an array", [1, true, 1], /^a record must be an object, not an array$/],
] as const) {
  test(`a fixed layout refuses ${name} and stays as it was`, () => {
    const { builder, records } = recording(strict);
    builder.append({ i: 1, b: false, j: { k: 1 } }, facts);
    assert.throws(() => builder.append(record, facts), { code: "TM_RECORD", message });
    assert.equal(builder.length, 1);
    builder.append({ i: 2, b: true, j: undefined }, facts);
    builder.flush();
    assert.deepStrictEqual(records(), [
      { i: 1, b: false, j: { k: 1 } },
      { i: 2, b: true, j: undefined },
    ]);
  });
}

test("rollback undoes what was appended since the mark, over several batches and layouts", () => {
  const { builder, records, batches } = recording(null);
  builder.append({ a: 0 }, facts);
  builder.mark();
  for (let i = 1; i < 3_000; i++) builder.append({ a: i }, facts);
  builder.append({ a: "widened" }, facts);
  assert.equal(batches.length, 0);
  builder.rollback();
  builder.mark();
  builder.append({ a: "kept" }, facts);
  builder.commit();
  builder.mark();
  builder.append({ a: "undone" }, facts);
  builder.rollback();
  builder.flush();
  assert.deepStrictEqual(records(), [{ a: 0 }, { a: "kept" }]);
});

test("commit hands on what was held back, in order", () => {
  const { builder, records, batches } = recording(null);
  builder.mark();
  for (let i = 0; i < 2_500; i++) builder.append({ i }, facts);
  assert.equal(batches.length, 0);
  builder.commit();
  assert.equal(batches.length, 2);
  builder.flush();
  assert.deepStrictEqual(
    records(),
    Array.from({ length: 2_500 }, (_, i) => ({ i })),
  );
});
