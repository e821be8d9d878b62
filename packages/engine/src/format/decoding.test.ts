import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf, VALUE_LAYOUT, type Field } from "../record/layout.ts";
import { cellOf } from "../record/cell.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { csvDecoder } from "./csv.ts";
import { jsonLinesDecoder } from "./json-lines.ts";
import type { DecodedRecords, RecordDecoder } from "./record-decoder.ts";

const utf8 = new TextEncoder();

const field = (name: string, kind: Field["kind"], more: Partial<Field> = {}): Field => ({
  name,
  kind,
  nullable: false,
  optional: false,
  ...more,
});

function schemaOf(options: Partial<RecordSchema>): RecordSchema {
  return {
    layout: VALUE_LAYOUT,
    jsonSchema: null,
    trust: false,
    validate: (value) => ({ ok: true, value }),
    ...options,
  };
}

const ANY = schemaOf({});
const POINT = schemaOf({
  layout: layoutOf([field("n", "float64"), field("s", "utf8", { optional: true })]),
  trust: true,
});

function decodeAll(decoder: RecordDecoder, pieces: readonly (Uint8Array | string)[]): DecodedRecords[] {
  const batches: DecodedRecords[] = [];
  const drain = (): void => {
    while (decoder.decode()) batches.push(decoder.take());
  };
  for (const piece of pieces) {
    decoder.push(typeof piece === "string" ? utf8.encode(piece) : piece);
    drain();
  }
  decoder.end();
  drain();
  if (!decoder.isEmpty) batches.push(decoder.take());
  return batches;
}

function rowsOf(batches: readonly DecodedRecords[]): unknown[] {
  return batches.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, row) =>
      batch.layout.shape === "value"
        ? cellOf(batch.columns[0]!, row)
        : Object.fromEntries(
            batch.layout.fields.map(({ name }, column) => [name, cellOf(batch.columns[column]!, row)]),
          ),
    ),
  );
}

const json = (text: string | Uint8Array, schema = ANY): DecodedRecords[] =>
  decodeAll(jsonLinesDecoder({ schema, offset: 0 }), [text]);

const csvOf = (text: string, schema: RecordSchema, delimiter = ","): DecodedRecords[] =>
  decodeAll(csvDecoder({ schema, offset: 0, delimiter, input: "test.csv", columnNames: null }).decoder, [text]);

test("JSON Lines: CRLF, empty lines, a byte order mark and a last line without its end", () => {
  const [batch] = json('\ufeff{"a":1}\r\n\n\r\n[2]\n"three"');
  assert.deepEqual(rowsOf([batch!]), [{ a: 1 }, [2], "three"]);
  assert.deepEqual([...batch!.offsets.subarray(0, 3)], [0, 15, 19]);
  assert.equal(batch!.invalid.length, 0);
});

test("JSON Lines: an input without records gives nothing", () => {
  for (const text of ["", "\n", "\ufeff", "\r\n\r\n"]) assert.deepEqual(json(text), []);
});

test("JSON Lines: what is no JSON, no UTF-8 or no record of the schema is told with its place and text", () => {
  const bytes = new Uint8Array([
    ...utf8.encode('{"n":1}\n{oops}\n'),
    0x22,
    0xff,
    0x22,
    0x0a,
    ...utf8.encode('{"n":"x"}\n{"n":2}\n'),
  ]);
  const [batch] = json(bytes, POINT);
  assert.deepEqual(rowsOf([batch!]), [
    { n: 1, s: undefined },
    { n: 2, s: undefined },
  ]);
  assert.deepEqual(
    batch!.invalid.map(({ beforeRow, offset, raw, error }) => [beforeRow, offset, raw, error.code]),
    [
      [1, 8, "{oops}", "TM_RECORD"],
      [1, 15, '"\ufffd"', "TM_RECORD"],
      [1, 19, '{"n":"x"}', "TM_RECORD"],
    ],
  );
  assert.match(batch!.invalid[0]!.error.message, /not valid JSON/);
  assert.match(batch!.invalid[1]!.error.message, /not valid UTF-8/);
  assert.match(batch!.invalid[2]!.error.message, /field "n" must be a number/);
});

test("JSON Lines: a byte order mark counts only at the beginning of the file", () => {
  const decoder = jsonLinesDecoder({ schema: ANY, offset: 7 });
  const [batch] = decodeAll(decoder, ["\ufeff1\n"]);
  assert.equal(batch!.length, 0);
  assert.equal(batch!.invalid.length, 1);
});

test("a record that is too long is invalid, keeps its beginning and does not hurt its neighbours, however it is cut", () => {
  const text = `"a"\n"${"x".repeat(6_000)}"\n"b"\n`;
  for (const cut of [1, 5, 100, 4_999, 5_003, 5_004, 5_005, 6_006, text.length]) {
    const decoder = jsonLinesDecoder({ schema: ANY, offset: 0, recordBytesMax: 5_000 });
    const pieces = Array.from({ length: Math.ceil(text.length / cut) }, (_, i) => text.slice(i * cut, (i + 1) * cut));
    const [batch] = decodeAll(decoder, pieces);
    assert.deepEqual(rowsOf([batch!]), ["a", "b"]);
    const [invalid] = batch!.invalid;
    assert.equal(invalid!.offset, 4);
    assert.equal(invalid!.beforeRow, 1);
    assert.equal(invalid!.raw, `"${"x".repeat(4_095)}`);
    assert.match(invalid!.error.message, /longer than/);
    assert.equal(decoder.nextOffset, text.length);
  }
});

test("the schema's own validation runs, and its transformed value is kept, unless the source is trusted", () => {
  const validate: RecordSchema["validate"] = (value) =>
    value === 13 ? { ok: false, issues: "not 13" } : { ok: true, value: [value] };
  const [checked] = json("12\n13\n", schemaOf({ validate }));
  assert.deepEqual(rowsOf([checked!]), [[12]]);
  assert.match(checked!.invalid[0]!.error.message, /does not fit the schema: not 13/);
  const [trusted] = json("12\n13\n", schemaOf({ validate, trust: true }));
  assert.deepEqual(rowsOf([trusted!]), [12, 13]);
});

test("a batch ends at 1024 records, invalid ones included, and after a megabyte", () => {
  const batches = json(`${"1\n".repeat(1_000)}${"x\n".repeat(100)}`);
  assert.deepEqual(
    batches.map(({ length, invalid }) => [length, invalid.length]),
    [
      [1_000, 24],
      [0, 76],
    ],
  );
  const long = `"${"y".repeat(300_000)}"\n`;
  assert.deepEqual(
    json(long.repeat(5)).map(({ length }) => length),
    [4, 1],
  );
});

test("CSV: quotes, embedded line ends and delimiters, CRLF", () => {
  const schema = schemaOf({ layout: layoutOf([field("a", "utf8"), field("b", "utf8")]), trust: true });
  const batches = csvOf('\ufeff"a",b\r\n"x, ""y""\r\nz",1\r\n\r\n"",  two\r\nlast,"end"', schema);
  assert.deepEqual(rowsOf(batches), [
    { a: 'x, "y"\r\nz', b: "1" },
    { a: "", b: "  two" },
    { a: "last", b: "end" },
  ]);
  assert.deepEqual(rowsOf(csvOf("a;b\n1,5;2\n", schema, ";")), [{ a: "1,5", b: "2" }]);
});

test("CSV: cells become what the fields' kinds ask for", () => {
  const layout = layoutOf([
    field("i", "int32"),
    field("f", "float64", { nullable: true }),
    field("b", "boolean", { optional: true }),
    field("s", "utf8", { nullable: true }),
    field("j", "json"),
  ]);
  const rows = rowsOf(
    csvOf(
      'i,f,b,s,j\n1,-2.5e3,TRUE,x,"{""k"":[1]}"\n2,,,,plain\n3,NaN,0,"","12"\n4,-Infinity,false,12,12\n',
      schemaOf({ layout, trust: true }),
    ),
  );
  assert.deepEqual(rows, [
    { i: 1, f: -2500, b: true, s: "x", j: { k: [1] } },
    { i: 2, f: null, b: undefined, s: null, j: "plain" },
    { i: 3, f: Number.NaN, b: false, s: "", j: "12" },
    { i: 4, f: Number.NEGATIVE_INFINITY, b: false, s: "12", j: 12 },
  ]);
});

test("CSV: a schema that wants the text of a number gets it", () => {
  const layout = layoutOf([field("n", "float64")]);
  const validate: RecordSchema["validate"] = (value) => {
    const { n } = value as { n: unknown };
    return typeof n === "string"
      ? { ok: true, value: { n: Number(n) * 2 } }
      : { ok: false, issues: "n must be a string" };
  };
  assert.deepEqual(rowsOf(csvOf("n\n21\n", schemaOf({ layout, validate }))), [{ n: 42 }]);
});

test("CSV: malformed rows are invalid, each with its reason, and the rows after them are read", () => {
  const schema = schemaOf({ layout: layoutOf([field("a", "utf8"), field("b", "float64")]), trust: true });
  const [batch] = csvOf('a,b\nx\nx,1,2\nx"y,1\n"x"y,1\nx\ry,1\nx,one\nok,1\n"open,1\n', schema);
  assert.deepEqual(rowsOf([batch!]), [{ a: "ok", b: 1 }]);
  const reasons = batch!.invalid.map(({ error }) => error.message);
  const expected = [
    /has 1 cells, the header has 2/,
    /has 3 cells/,
    /has a quote but does not begin/,
    /text follows the closing quote/,
    /bare carriage return/,
    /field "b" must be a number/,
    /never closed/,
  ];
  assert.equal(reasons.length, expected.length);
  for (const [index, pattern] of expected.entries()) assert.match(reasons[index]!, pattern);
  assert.deepEqual(
    batch!.invalid.map(({ beforeRow }) => beforeRow),
    [0, 0, 0, 0, 0, 0, 1],
  );
});

test("CSV: a header that cannot be used stops the source", () => {
  for (const text of ["a,a\n1,2\n", 'a"b\n1\n', '"a']) {
    assert.throws(() => csvOf(text, ANY), { code: "TM_SOURCE", message: /header of a CSV input.*input=test\.csv/ });
  }
  const { decoder } = csvDecoder({ schema: ANY, offset: 0, delimiter: ",", input: "test.csv", columnNames: null });
  assert.throws(() => decodeAll(decoder, [new Uint8Array([0x61, 0xff, 0x0a, 0x62, 0x0a])]), {
    code: "TM_SOURCE",
    message: /not valid UTF-8/,
  });
  assert.deepEqual(csvOf("a,b\n", ANY), []);
});

test("CSV: a column named __proto__ is a column", () => {
  const [row] = rowsOf(csvOf("__proto__,a\nx,1\n", ANY));
  assert.deepEqual(Object.entries(row as object), [
    ["__proto__", "x"],
    ["a", "1"],
  ]);
});
