import assert from "node:assert/strict";
import { test } from "node:test";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BatchBuilder } from "../record/batch-builder.ts";
import type { RecordBatch } from "../record/batch.ts";
import { keyColumnOf } from "../record/key-codec.ts";
import { withKeys } from "../record/row-copy.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import type { KeyedState } from "../state/state-backend.ts";
import { AggregateOperator } from "./aggregate-operator.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { collectAggregate } from "./aggregates/collect.ts";
import { customAggregate } from "./aggregates/custom.ts";
import { distinctCountAggregate } from "./aggregates/distinct-count.ts";
import { lastAggregate } from "./aggregates/first-last.ts";
import { quantileAggregate } from "./aggregates/quantile.ts";
import { topKAggregate } from "./aggregates/top-k.ts";
import { LookupOperator } from "./lookup-operator.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { SessionOperator } from "./session-operator.ts";
import { WindowOperator } from "./window-operator.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What garbage collection has to walk: memory behind typed arrays is not in it. */
function heapBytes(): number {
  collect();
  collect();
  return getHeapStatistics().used_heap_size;
}

interface Value {
  readonly k: number;
  readonly v: number;
}

const BATCH = 1_000;
const FEW = 10_000;
const MANY = 110_000;
/** The smallest object of a key, in each of them, would be so many. */
const GROWN_MAX = (MANY - FEW) * 12;

const objects = {
  top: topKAggregate(3, ({ v }: Value) => v),
  distinct: distinctCountAggregate(({ v }: Value) => v),
  all: collectAggregate(({ v }: Value) => v, 4),
  p: quantileAggregate(({ v }: Value) => v, 0.5),
  last: lastAggregate(({ v }: Value) => v),
} as unknown as NamedAggregates;
const userMade = {
  spread: customAggregate({
    create: () => ({ least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY }),
    add: ({ least, most }, { v }: Value) => ({ least: Math.min(least, v), most: Math.max(most, v) }),
    merge: (a, b) => ({ least: Math.min(a.least, b.least), most: Math.max(a.most, b.most) }),
    result: ({ least, most }) => most - least,
  }),
} as unknown as NamedAggregates;

function batchOf(first: number): RecordBatch {
  const keys = Array.from({ length: BATCH }, (_, i) => first + i);
  let made: RecordBatch | undefined;
  const builder = new BatchBuilder({
    layout: null,
    emit: (batch) => {
      made = batch;
    },
  });
  for (const k of keys) builder.append({ k, v: k % 7 }, { timestamp: k % 500, watermark: 0 });
  builder.flush();
  return withKeys(made as RecordBatch, keyColumnOf(keys));
}

/** Bytes that the heap has more with `MANY` keys than with `FEW`. */
function growth(input: number, make: (context: OperatorContext) => Operator): number {
  // Objects that optimized code makes are not of the size of those that are made before: so another operator goes first.
  grown(input, make, { from: 0, end: MANY / 2 });
  return grown(input, make, { from: FEW, end: MANY });
}

function grown(
  input: number,
  make: (context: OperatorContext) => Operator,
  keys: { readonly from: number; readonly end: number },
): number {
  let state: KeyedState | undefined;
  const operator = make({
    name: "heap",
    clock: { now: () => 0, monotonicMs: () => 0 },
    output: { batch: () => {}, watermark: () => {}, idle: () => {} },
    sideOutput: () => null,
    keyedState: (options) =>
      (state = memoryBackend().openKeyedState({ ...options, operator: "heap", keyGroupBits: 8 })),
    userError: (error) => {
      throw error;
    },
    debug: false,
    count: () => {},
  });
  const fill = (from: number, end: number): void => {
    for (let first = from; first < end; first += BATCH) operator.onBatch(input, batchOf(first));
  };
  fill(0, keys.from);
  const before = heapBytes();
  fill(keys.from, keys.end);
  const after = heapBytes();
  assert.equal(state?.keys.liveRows, keys.end);
  return after - before;
}

const operators: Readonly<Record<string, { readonly input?: number; make(context: OperatorContext): Operator }>> = {
  "windows of objects": {
    make: (context) =>
      new WindowOperator(context, {
        window: { kind: "hopping", sizeMs: 1_000, slideMs: 500, offsetMs: 0 },
        aggregates: objects,
        allowedLatenessMs: 0,
      }),
  },
  "windows of user-made aggregates": {
    make: (context) =>
      new WindowOperator(context, {
        window: { kind: "tumbling", sizeMs: 1_000, offsetMs: 0 },
        aggregates: userMade,
        allowedLatenessMs: 0,
      }),
  },
  "sessions of objects": {
    make: (context) => new SessionOperator(context, { gapMs: 1_000, aggregates: objects, allowedLatenessMs: 0 }),
  },
  "sessions of user-made aggregates": {
    make: (context) => new SessionOperator(context, { gapMs: 1_000, aggregates: userMade, allowedLatenessMs: 0 }),
  },
  "tables of objects": { make: (context) => new AggregateOperator(context, { aggregates: objects }) },
  "versions of a table": { input: 1, make: (context) => new LookupOperator(context, { fn: (record) => record }) },
};

for (const [name, { input = 0, make }] of Object.entries(operators)) {
  test(`${name}: keys are no heap objects`, () => {
    const bytes = growth(input, make);
    assert.ok(bytes < GROWN_MAX, `the heap grew by ${bytes} bytes`);
  });
}
