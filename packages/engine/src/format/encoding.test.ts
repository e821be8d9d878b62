import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BatchBuilder } from "../record/batch-builder.ts";
import { ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import { VALUE_LAYOUT } from "../record/layout.ts";
import { csvEncoder } from "./csv-encoder.ts";
import { jsonLinesEncoder } from "./json-lines-encoder.ts";
import { jsonText } from "./json-text.ts";

type Row = readonly [record: unknown, rowKind?: number];

function batchOf(rows: readonly Row[], layout: RecordBatch["layout"] | null = null): RecordBatch {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout, emit: (batch) => void batches.push(batch) });
  for (const [record, rowKind] of rows) builder.append(record, { timestamp: 0, watermark: 0, rowKind });
  builder.flush();
  assert.equal(batches.length, 1);
  return batches[0]!;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const jsonLines = (...rows: readonly Row[]): string => text(jsonLinesEncoder().encode(batchOf(rows)));
const csvLines = (...rows: readonly Row[]): string => {
  const encoder = csvEncoder({ delimiter: "," });
  const lines = text(encoder.encode(batchOf(rows)));
  return (encoder.header() as string | null) + lines;
};

test("JSON text: nothing is lost in silence", () => {
  const cases: readonly (readonly [value: unknown, text: string])[] = [
    [1e21, "1e+21"],
    [-0, "0"],
    [0.1, "0.1"],
    [Number.NaN, '"NaN"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [2n ** 70n, '"1180591620717411303424"'],
    [undefined, "null"],
    [null, "null"],
    ["\ud800\n", String.raw`"\ud800\n"`],
    [{ a: undefined, b: [undefined, Number.POSITIVE_INFINITY, 5n] }, '{"b":[null,"Infinity","5"]}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new Date(Number.NaN), '"Invalid Date"'],
    [{ at: new Date(Number.NaN), none: null }, '{"at":"Invalid Date","none":null}'],
    [new Map<unknown, unknown>([["a", Number.NaN]]), '[["a","NaN"]]'],
    [{ set: new Set([1, new Map([[1n, 2]])]) }, '{"set":[1,[["1",2]]]}'],
    [new Uint8Array([1, 255]), "[1,255]"],
    [new Float64Array([Number.NaN]), '["NaN"]'],
    [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ];
  for (const [value, expected] of cases) assert.equal(jsonText(value), expected);
  const cycle: unknown[] = [];
  cycle.push(cycle);
  assert.throws(() => jsonText(cycle), { code: "TM_RECORD" });
});

describe("JSON Lines encoder", () => {
  test("one record a line, in the order of its fields, without absent ones", () => {
    assert.equal(
      jsonLines([{ b: 1.5, a: "é\n", n: null, o: { x: [1] }, t: true }]),
      '{"b":1.5,"a":"é\\n","n":null,"o":{"x":[1]},"t":true}\n',
    );
    assert.equal(jsonLines([{ a: undefined, b: 2 }], [{ a: undefined, b: 3 }]), '{"b":2}\n{"b":3}\n');
    assert.equal(jsonLines([{}]), "{}\n");
    assert.equal(
      text(jsonLinesEncoder().encode(batchOf([["plain"], [[1, 2]], [{ a: 1 }]], VALUE_LAYOUT))),
      '"plain"\n[1,2]\n{"a":1}\n',
    );
  });

  test("a changelog stream says the kind of change first", () => {
    const rows: Row[] = [
      [{ n: 1 }],
      [{ n: 1 }, ROW_KINDS.updateBefore],
      [{ n: 2 }, ROW_KINDS.updateAfter],
      [{ n: 2 }, ROW_KINDS.delete],
    ];
    assert.equal(jsonLines(...rows), '{"op":"+I","n":1}\n{"op":"-U","n":1}\n{"op":"+U","n":2}\n{"op":"-D","n":2}\n');
    const values = batchOf(
      [
        [5, ROW_KINDS.delete],
        [{ a: 1 }, ROW_KINDS.delete],
        [{}, ROW_KINDS.delete],
      ],
      VALUE_LAYOUT,
    );
    assert.equal(text(jsonLinesEncoder().encode(values)), '{"op":"-D","value":5}\n{"op":"-D","a":1}\n{"op":"-D"}\n');
  });

  test("a changelog record with a field of that name is refused", () => {
    assert.throws(() => jsonLines([{ op: 1 }, ROW_KINDS.delete]), { code: "TM_SCHEMA" });
    assert.throws(() => jsonLinesEncoder().encode(batchOf([[{ op: 1 }, ROW_KINDS.delete]], VALUE_LAYOUT)), {
      code: "TM_SCHEMA",
    });
    assert.equal(jsonLines([{ op: 1 }]), '{"op":1}\n');
  });
});

describe("CSV encoder", () => {
  test("cells in quotes where they need them, empty cells for nothing", () => {
    const lines = csvLines([
      { n: -1.5, s: 'a "b", c', e: "", z: null, j: { x: 1 }, d: Number.NaN, big: 5n, list: "[1]" },
    ]);
    assert.equal(lines, 'n,s,e,z,j,d,big,list\n-1.5,"a ""b"", c","",,"{""x"":1}",NaN,5,[1]\n');
    assert.equal(csvLines([{ s: " x" }], [{ s: "a\r\nb" }], [{ s: "\ufeff" }]), 's\n" x"\n"a\r\nb"\n"\ufeff"\n');
  });

  test("a row of one empty cell is still a line", () => {
    assert.equal(csvLines([{ a: null }]), 'a\n""\n');
  });

  test("a changelog stream has a first column op", () => {
    assert.equal(csvLines([{ n: 1 }], [{ n: 1 }, ROW_KINDS.delete]), "op,n\n+I,1\n-D,1\n");
  });

  test("later batches may leave columns out or order them otherwise, but add none", () => {
    const encoder = csvEncoder({ delimiter: ";" });
    assert.equal(encoder.header(), null);
    assert.equal(text(encoder.encode(batchOf([[{ a: 1, b: "x;y" }]]))), '1;"x;y"\n');
    assert.equal(text(encoder.encode(batchOf([[{ b: "z", a: 2 }]]))), "2;z\n");
    assert.equal(text(encoder.encode(batchOf([[{ b: "z" }]]))), ";z\n");
    assert.equal(encoder.header(), "a;b\n");
    assert.throws(() => encoder.encode(batchOf([[{ a: 1, c: 1 }]])), { code: "TM_SCHEMA", message: /column=c/ });
    assert.throws(() => encoder.encode(batchOf([[{ a: 1, b: "" }, ROW_KINDS.delete]])), {
      code: "TM_SCHEMA",
      message: /column=op/,
    });
  });

  test("what CSV cannot hold is refused", () => {
    assert.throws(() => csvEncoder({ delimiter: "," }).encode(batchOf([[5]], VALUE_LAYOUT)), { code: "TM_SCHEMA" });
    assert.throws(() => csvLines([{ a: "\ud800" }]), { code: "TM_RECORD" });
    assert.throws(() => csvLines([{ op: 1 }, ROW_KINDS.delete]), { code: "TM_SCHEMA" });
  });
});
