import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeKey } from "../record/key-codec.ts";
import { MAX_WATERMARK } from "../time/watermark.ts";
import { KeyByOperator } from "./key-by-operator.ts";
import { MergeOperator } from "./merge-operator.ts";
import { idle, rec, runScript, watermark, type ScriptElement } from "./operator-script.test-only.ts";
import { StatelessOperator, type StatelessStep } from "./stateless-operator.ts";

interface Value {
  readonly k: string;
  readonly v: number;
}
const v = (k: string, value: number): Value => ({ k, v: value });

function runSteps(steps: readonly StatelessStep[], script: readonly ScriptElement[]): ReturnType<typeof runScript> {
  return runScript({ make: (context) => new StatelessOperator(context, { steps }), script, key: null, isKeyed: false });
}

test("a run of steps keeps order and times", () => {
  const steps: StatelessStep[] = [
    { kind: "filter", name: "filter-1", fn: (r: Value) => r.v !== 2 },
    { kind: "flatMap", name: "flatMap-2", fn: (r: Value) => [r, { ...r, v: -r.v }] },
    { kind: "map", name: "map-3", fn: (r: Value) => ({ double: r.v * 2 }) },
  ];
  const result = runSteps(steps, [
    rec(v("a", 1), 5),
    rec(v("a", 2), 6),
    watermark(4),
    rec(v("b", 3), 7),
    watermark(MAX_WATERMARK),
  ]);
  assert.deepEqual(
    result.rows.map(({ value, time }) => [(value as { double: number }).double, time]),
    [
      [2, 5],
      [-2, 5],
      [6, 7],
      [-6, 7],
    ],
  );
  assert.deepEqual(result.watermarks, [4, MAX_WATERMARK]);
});

test("a step that throws loses its record, which is told as it entered the step", () => {
  const steps: StatelessStep[] = [
    { kind: "map", name: "map-1", fn: (r: Value) => ({ v: r.v + 1 }) },
    {
      kind: "map",
      name: "map-2",
      fn: (r: { v: number }) => {
        if (r.v === 2) throw new Error("two");
        return r;
      },
    },
  ];
  const result = runSteps(steps, [rec(v("a", 1), 5), rec(v("a", 2), 6)]);
  assert.deepEqual(
    result.rows.map(({ value }) => value),
    [{ v: 3 }],
  );
  assert.deepEqual(result.errors, [{ message: "two", key: null, record: { v: 2 } }]);
});

test("keyBy gives canonical keys and loses records whose key is none", () => {
  const keys: unknown[] = [];
  const result = runScript({
    make: (context) =>
      new KeyByOperator(
        {
          ...context,
          output: {
            ...context.output,
            batch: (batch) => {
              for (let row = 0; row < batch.length; row++) {
                const from = batch.keys?.offsets[row] as number;
                keys.push(
                  decodeKey(
                    (batch.keys?.bytes ?? new Uint8Array()).subarray(from, from + (batch.keys?.lengths[row] as number)),
                  ),
                );
              }
              context.output.batch(batch);
            },
          },
        },
        {
          fn: (r: Value) => {
            if (r.v === 1) throw new Error("one");
            return r.v === 2 ? (null as unknown as string) : ([r.k, r.v] as const);
          },
        },
      ),
    script: [rec(v("a", 1), 0), rec(v("a", 2), 0), rec(v("a", 3), 0), watermark(9)],
    key: null,
    isKeyed: false,
  });
  assert.deepEqual(
    result.rows.map(({ value }) => value),
    [v("a", 3)],
  );
  assert.deepEqual(keys, [
    ["a", 3],
    ["a", 3],
  ]);
  assert.equal(result.errors.length, 2);
  assert.deepEqual(result.watermarks, [9]);
});

test("merge takes the least watermark, row by row, and is idle when all inputs are", () => {
  const script = [
    rec(v("a", 1), 1),
    watermark(10),
    watermark(5, 1),
    rec(v("b", 2), 11),
    rec(v("c", 3), 6, { input: 1 }),
    idle(true, 1),
    idle(true),
    idle(false),
    watermark(12),
  ];
  const result = runScript({
    make: (context) => new MergeOperator(context, { inputs: 2 }),
    script,
    inputs: 2,
    key: null,
    isKeyed: false,
  });
  assert.deepEqual(
    result.rows.map(({ value, watermark: before }) => [(value as Value).k, before]),
    [
      ["a", -Infinity],
      ["b", 5],
      ["c", 5],
    ],
  );
  assert.deepEqual(result.watermarks, [5, 10, 12]);
  assert.deepEqual(result.idles, [true, false]);
});

test("merge ends when all inputs have", () => {
  const result = runScript({
    make: (context) => new MergeOperator(context, { inputs: 2 }),
    script: [watermark(MAX_WATERMARK), idle(true, 1), watermark(MAX_WATERMARK, 1)],
    inputs: 2,
    key: null,
    isKeyed: false,
  });
  assert.deepEqual(result.watermarks, [MAX_WATERMARK]);
});
