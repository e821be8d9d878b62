import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_WATERMARK, NO_EVENT_TIME } from "../time/watermark.ts";
import { LookupOperator } from "./lookup-operator.ts";
import { idle, rec, runScript, watermark, type ScriptElement, type ScriptResult } from "./operator-script.test-only.ts";

interface Value {
  readonly k: string;
  readonly v: number;
}
type Row = { readonly k: string; readonly name: string };

const s = (value: number, time: number, k = "a"): ScriptElement => rec({ k, v: value }, time);
const t = (
  name: string,
  time: number,
  options: { k?: string; rowKind?: "updateBefore" | "updateAfter" | "delete" } = {},
): ScriptElement => rec({ k: options.k ?? "a", name }, time, { input: 1, rowKind: options.rowKind ?? "updateAfter" });
const table = (time: number): ScriptElement => watermark(time, 1);

function runLookup(
  script: readonly ScriptElement[],
  fn?: (record: Value, row: Row | undefined) => unknown,
): ScriptResult {
  const join = fn ?? ((record: Value, row: Row | undefined) => ({ k: record.k, v: record.v, name: row?.name ?? null }));
  return runScript({ make: (context) => new LookupOperator(context, { fn: join }), script, inputs: 2 });
}
const joined = ({ rows }: ScriptResult): string[] =>
  rows.map(({ value }) => {
    const { k, v, name } = value as { k: string; v: number; name: string | null };
    return `${k}${v} ${name}`;
  });

test("a stream waits until a table without event time has been read to its end", () => {
  const { rows, watermarks, keys } = runLookup([
    t("old", NO_EVENT_TIME),
    s(1, 5),
    watermark(6),
    t("new", NO_EVENT_TIME),
    table(MAX_WATERMARK),
    s(2, 7),
    watermark(MAX_WATERMARK),
  ]);
  assert.deepEqual(
    rows.map(({ value, time }) => [(value as Row).name, time]),
    [
      ["new", 5],
      ["new", 7],
    ],
  );
  assert.deepEqual(watermarks, [6, MAX_WATERMARK]);
  assert.equal(keys, 1);
});

test("a row sees the newest version at its event time, whatever came first", () => {
  const rows = [t("one", 0), t("two", 10), t("three", 20), table(20)];
  const stream = [s(1, -1), s(2, 9), s(3, 10), s(4, 19), s(5, 20)];
  const expected = ["a1 null", "a2 one", "a3 two", "a4 two", "a5 three"];
  assert.deepEqual(joined(runLookup([...rows, ...stream])), expected);
  assert.deepEqual(joined(runLookup([...stream, ...rows])), expected);
});

test("rows pass in the order of the stream, one at a time as the table gets there", () => {
  const script = [
    s(1, 10),
    s(2, 5),
    s(3, 20),
    t("one", 4),
    table(9),
    t("two", 10),
    table(10),
    watermark(12),
    table(19),
    table(20),
  ];
  const result = runLookup(script);
  assert.deepEqual(joined(result), ["a1 two", "a2 one", "a3 two"]);
  assert.deepEqual(result.watermarks, [12]);
});

test("a deletion takes the row away, the row before an update says nothing", () => {
  const script = [
    t("one", 0),
    t("one", 10, { rowKind: "updateBefore" }),
    t("two", 10),
    t("two", 20, { rowKind: "delete" }),
    table(30),
    s(1, 9),
    s(2, 10),
    s(3, 20),
    watermark(MAX_WATERMARK),
  ];
  const result = runLookup(script);
  assert.deepEqual(joined(result), ["a1 one", "a2 two", "a3 null"]);
  assert.equal(result.keys, 1, "that the row is deleted is kept: an older version may still come");
});

test("versions are kept only while a row of the stream can see them", () => {
  const versions = Array.from({ length: 50 }, (_, i) => t(`v${i}`, i));
  const few = runLookup([t("v0", 0), table(100), watermark(60), t("last", 70)]);
  const many = runLookup([...versions, table(100), watermark(60), t("last", 70)]);
  assert.ok(many.snapshotBytes < few.snapshotBytes + 10, `${many.snapshotBytes} bytes instead of ${few.snapshotBytes}`);
});

test("a late row sees the table as of the watermark that it came after", () => {
  assert.deepEqual(joined(runLookup([t("one", 0), t("two", 10), table(50), watermark(20), s(1, 5), s(2, 21)])), [
    "a1 two",
    "a2 two",
  ]);
});

test("a table row that comes late is seen only by rows that the table had not let pass, and not over a newer one", () => {
  const early = runLookup([t("one", 0), table(20), t("late", 10), s(1, 15), s(2, 20), s(3, 21), table(30)]);
  const late = runLookup([t("one", 0), table(20), s(1, 15), s(2, 20), t("late", 10), s(3, 21), table(30)]);
  assert.deepEqual(joined(early), ["a1 one", "a2 one", "a3 late"]);
  assert.deepEqual(joined(late), joined(early));
  assert.deepEqual(joined(runLookup([t("new", 15), table(20), t("late", 10), table(30), s(1, 25)])), ["a1 new"]);
});

test("a row without event time waits for the table's end", () => {
  const result = runLookup([
    t("one", 3),
    s(1, NO_EVENT_TIME),
    table(5),
    t("two", 6),
    table(MAX_WATERMARK),
    watermark(MAX_WATERMARK),
  ]);
  assert.deepEqual(joined(result), ["a1 two"]);
});

test("an idle table counts as having caught up", () => {
  const result = runLookup([
    t("one", NO_EVENT_TIME),
    s(1, 5),
    idle(true, 1),
    s(2, 6),
    idle(false, 1),
    s(3, 7),
    watermark(8),
  ]);
  assert.deepEqual(joined(result), ["a1 one", "a2 one"]);
  assert.deepEqual(result.watermarks, []);
});

test("the stream's idleness is told once its rows have passed", () => {
  const result = runLookup([s(1, 5), idle(true), table(5), idle(false), s(2, 6)]);
  assert.deepEqual(result.idles, [true, false]);
});

test("keys do not see each other's rows", () => {
  const result = runLookup([
    t("A", 0),
    t("B", 0, { k: "b" }),
    table(MAX_WATERMARK),
    s(1, 1),
    s(2, 1, "b"),
    s(3, 1, "c"),
  ]);
  assert.deepEqual(joined(result), ["a1 A", "b2 B", "c3 null"]);
});

test("a join that throws loses its row, waiting or not", () => {
  const script = [t("one", 0), s(1, 1), s(2, 1), table(1), s(1, 1), watermark(MAX_WATERMARK), table(MAX_WATERMARK)];
  const result = runLookup(script, (record, row) => {
    if (record.v === 1) throw new Error("one");
    return { ...record, name: row?.name };
  });
  assert.deepEqual(joined(result), ["a2 one"]);
  assert.deepEqual(result.errors, [
    { message: "one", key: "a", record: { k: "a", v: 1 } },
    { message: "one", key: "a", record: { k: "a", v: 1 } },
  ]);
});

test("a row of the table cannot be changed by user code", () => {
  const result = runLookup(
    [rec({ k: "a", name: { deep: [1] } }, 0, { input: 1 }), table(5), s(1, 1), s(2, 2)],
    (record, row) => {
      (row as unknown as { name: { deep: number[] } }).name.deep.push(2);
      return record;
    },
  );
  assert.equal(result.errors.length, 2);
});

test("asks for no more of the stream while very much of it waits", () => {
  let operator: LookupOperator | null = null;
  runScript({
    make: (context) => (operator = new LookupOperator(context, { fn: (record: Value) => record })),
    script: Array.from({ length: 65_537 }, (_, i) => s(i, 1)),
    inputs: 2,
    once: true,
  });
  const made = operator as LookupOperator | null;
  assert.equal(made?.wantsInput(0), false);
  assert.equal(made?.wantsInput(1), true);
  made?.onWatermark(1, 1);
  assert.equal(made?.wantsInput(0), true);
});
