import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import { BatchBuilder } from "./batch-builder.ts";
import type { RecordBatch } from "./batch.ts";
import type { Column } from "./column.ts";
import { layoutOf, type RecordLayout } from "./layout.ts";
import { openBatchRows, openRows } from "./record-view.ts";
import { encodeWtf8 } from "./wtf8.ts";

function batchOf(layout: RecordLayout | null, records: readonly unknown[]): RecordBatch {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout, emit: (batch) => batches.push(batch) });
  for (const record of records) builder.append(record, { timestamp: 0, watermark: 0 });
  builder.flush();
  assert.equal(batches.length, 1);
  return batches[0]!;
}

const LAYOUT = layoutOf([
  { name: "price", kind: "float64", nullable: false, optional: false },
  { name: "n", kind: "int32", nullable: true, optional: false },
  { name: "ok", kind: "boolean", nullable: false, optional: false },
  { name: "url", kind: "utf8", nullable: true, optional: false },
  { name: "channel", kind: "dictionary", nullable: false, optional: false },
  { name: "tags", kind: "json", nullable: false, optional: false },
]);
const RECORDS = [
  { price: 1.5, n: 7, ok: true, url: "/a", channel: "web", tags: ["x"] },
  { price: -0, n: null, ok: false, url: null, channel: "app", tags: { deep: [1] } },
  { price: Number.NaN, n: -1, ok: true, url: "", channel: "web", tags: null },
];

type View = (typeof RECORDS)[number];

for (const codeGeneration of [true, false]) {
  for (const debug of [false, true]) {
    const how = `${codeGeneration ? "generated" : "plain"} getters${debug ? ", debug" : ""}`;
    const open = () => {
      const rows = openRows(LAYOUT, { debug, codeGeneration });
      rows.bind(batchOf(LAYOUT, RECORDS));
      return rows;
    };

    test(`a view behaves as the plain object it stands for (${how})`, () => {
      const rows = open();
      for (const [i, record] of RECORDS.entries()) {
        const view = rows.at(i) as View;
        assert.deepStrictEqual(view, record);
        assert.deepStrictEqual({ ...view }, record);
        const { price, ...rest } = view;
        assert.deepStrictEqual({ price, ...rest }, record);
        assert.deepStrictEqual(Object.entries(view), Object.entries(record));
        assert.deepStrictEqual(Object.assign({}, view), record);
        assert.equal(JSON.stringify(view), JSON.stringify(record));
        assert.deepStrictEqual(structuredClone(view), record);
        assert.equal(inspect(view), inspect(record));
        assert.ok("url" in view && Object.hasOwn(view, "url") && !("other" in view));
        assert.equal(Object.getPrototypeOf(view), Object.prototype);
        const seen: string[] = [];
        for (const key in view) seen.push(key);
        assert.deepStrictEqual(seen, Object.keys(record));
      }
    });

    test(`a view cannot be changed (${how})`, () => {
      const view = open().at(0) as { price: number; extra?: number };
      assert.throws(() => (view.price = 2), TypeError);
      assert.throws(() => (view.extra = 2), TypeError);
      assert.throws(() => Reflect.defineProperty(view, "price", { value: 1 }) || assert.fail("refused"), /refused/);
      assert.throws(() => delete (view as { price?: number }).price, TypeError);
      assert.equal(view.price, 1.5);
    });

    test(`a kept view throws and says what to do (${how})`, () => {
      const rows = open();
      const view = rows.at(0) as View;
      rows.release();
      const stale = { code: "TM_RECORD_STALE", message: /copy it: \{\.\.\.record\}/ };
      assert.throws(() => view.price, stale);
      assert.throws(() => ({ ...view }), stale);
      assert.throws(() => JSON.stringify(view), stale);
      assert.throws(() => inspect(view), stale);
    });
  }
}

test("in debug mode a view goes stale with its row, and nested values are frozen", () => {
  const rows = openRows(LAYOUT, { debug: true });
  rows.bind(batchOf(LAYOUT, RECORDS));
  const first = rows.at(0) as View;
  const second = rows.at(1) as View;
  assert.throws(() => first.url, { code: "TM_RECORD_STALE" });
  assert.throws(() => (second.tags as { deep: number[] }).deep.push(2), TypeError);
  const kept = Array.from({ length: 3_000 }, (_, i) => rows.at(i % 3) as View);
  assert.equal(kept.filter((view) => throwsStale(view)).length, 2_999 - Math.floor(2_999 / 1_024));
});

function throwsStale(view: View): boolean {
  try {
    return view.price === undefined;
  } catch {
    return true;
  }
}

test("a string is decoded when it is read, once", () => {
  const text = ["plain", "é😀", "\ufeffmark and a long tail of plain text", ""];
  const encoded = text.map(encodeWtf8);
  const bytes = new Uint8Array(encoded.flatMap((piece) => [...piece]));
  const lengths = Int32Array.from(encoded, (piece) => piece.length);
  const offsets = Int32Array.from(encoded, (_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0));
  const column: Column = { kind: "utf8", presence: null, bytes, offsets, lengths, strings: [] };
  const layout = layoutOf([{ name: "s", kind: "utf8", nullable: false, optional: false }]);
  const rows = openRows(layout, { debug: false });
  rows.bind({
    ...batchOf(
      layout,
      text.map((s) => ({ s })),
    ),
    columns: [column],
  });
  assert.deepStrictEqual(column.strings.length, 0);
  assert.deepStrictEqual(
    text.map((_, i) => (rows.at(i) as { s: string }).s),
    text,
  );
  assert.deepStrictEqual(column.strings, text);
});

test("absent fields read as undefined", () => {
  const layout = layoutOf([
    { name: "a", kind: "float64", nullable: false, optional: true },
    { name: "b", kind: "json", nullable: false, optional: true },
  ]);
  const rows = openRows(layout, { debug: false });
  rows.bind(batchOf(layout, [{}, { a: 1, b: null }]));
  assert.deepStrictEqual({ ...(rows.at(0) as object) }, { a: undefined, b: undefined });
  assert.deepStrictEqual({ ...(rows.at(1) as object) }, { a: 1, b: null });
});

test("a record without columns of its own is handed out itself", () => {
  const rows = openBatchRows({ debug: true });
  const values = [1, "x", null, [1, 2]];
  rows.bind(batchOf(null, values));
  assert.deepStrictEqual(
    values.map((_, i) => rows.at(i)),
    values,
  );
  assert.throws(() => (rows.at(3) as number[]).push(3), TypeError);
  rows.bind(batchOf(LAYOUT, RECORDS));
  assert.deepStrictEqual(rows.at(1), RECORDS[1]);
});

test("a view with a field named like one of Object's", () => {
  const rows = openRows(batchOf(null, [{ toString: "x", valueOf: 1, hasOwnProperty: true }]).layout, { debug: false });
  rows.bind(batchOf(null, [{ toString: "x", valueOf: 1, hasOwnProperty: true }]));
  assert.deepStrictEqual({ ...(rows.at(0) as object) }, { toString: "x", valueOf: 1, hasOwnProperty: true });
});

test("a view stays a fast object, of one hidden class per layout", () => {
  setFlagsFromString("--allow-natives-syntax");
  const hasFastProperties = runInThisContext("(o) => %HasFastProperties(o)") as (o: unknown) => boolean;
  const haveSameMap = runInThisContext("(a, b) => %HaveSameMap(a, b)") as (a: unknown, b: unknown) => boolean;
  const views = Array.from({ length: 20 }, () => {
    const rows = openRows(LAYOUT, { debug: false });
    rows.bind(batchOf(LAYOUT, RECORDS));
    return rows.at(0);
  });
  const debugRows = openRows(LAYOUT, { debug: true });
  debugRows.bind(batchOf(LAYOUT, RECORDS));
  views.push(debugRows.at(0), debugRows.at(1));
  for (const view of views) {
    assert.ok(hasFastProperties(view));
    assert.ok(haveSameMap(view, views[0]));
  }
  const other = openRows(batchOf(null, [{ price: 1, n: 2 }]).layout, { debug: false });
  other.bind(batchOf(null, [{ price: 1, n: 2 }]));
  assert.ok(hasFastProperties(other.at(0)));
  assert.ok(!haveSameMap(other.at(0), views[0]));
});
