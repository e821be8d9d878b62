import assert from "node:assert/strict";
import { test } from "node:test";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import { integerKeys } from "../record/integer-keys.ts";
import { layoutOf } from "../record/layout.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { countAggregate } from "./aggregates/count.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { SessionOperator } from "./session-operator.ts";
import { WindowOperator } from "./window-operator.ts";

const KEYS = 20_000;
const AT_ONCE = 3_000;
const layout = layoutOf([{ name: "k", kind: "float64", nullable: false, optional: false }]);
const aggregates = { n: countAggregate() } as unknown as NamedAggregates;

/** A record of each key from `from` on, at one time. */
function batchAt(from: number, count: number, { time, mark }: { time: number; mark: number }): RecordBatch {
  const values = Float64Array.from({ length: count }, (_, i) => from + i);
  return {
    layout,
    length: count,
    columns: [{ kind: "float64", presence: null, values }],
    timestamps: new Float64Array(count).fill(time),
    watermarks: new Float64Array(count).fill(mark),
    rowKinds: null,
    keys: integerKeys(values),
    origin: null,
  };
}

interface Driven {
  readonly operator: Required<Pick<Operator, "hasPutOff" | "goOn">> & Operator;
  /** Number of rows, or a watermark, in order of coming. */
  readonly out: (number | { readonly watermark: number })[];
  rows(): number;
}

function drive(make: (context: OperatorContext) => Driven["operator"]): Driven {
  const out: Driven["out"] = [];
  const operator = make({
    name: "w",
    clock: { now: () => 0, monotonicMs: () => 0 },
    output: {
      batch: ({ length }) => out.push(length),
      watermark: (watermark) => out.push({ watermark }),
      idle: () => undefined,
    },
    sideOutput: () => null,
    keyedState: (options) => memoryBackend().openKeyedState({ ...options, operator: "w", keyGroupBits: 8 }),
    userError: (error) => {
      throw error;
    },
    keysAtOnce: AT_ONCE,
    debug: false,
    count: () => undefined,
  });
  const rows = (): number => out.reduce<number>((sum, each) => sum + (typeof each === "number" ? each : 0), 0);
  for (let from = 0; from < KEYS; from += BATCH_ROWS_MAX)
    operator.onBatch(0, batchAt(from, Math.min(BATCH_ROWS_MAX, KEYS - from), { time: 5, mark: 0 }));
  return { operator, out, rows };
}

const KINDS: Readonly<Record<string, (context: OperatorContext) => Driven["operator"]>> = {
  tumbling: (context) =>
    new WindowOperator(context, {
      window: { kind: "tumbling", sizeMs: 10, offsetMs: 0 },
      aggregates,
      allowedLatenessMs: 0,
    }),
  hopping: (context) =>
    new WindowOperator(context, {
      window: { kind: "hopping", sizeMs: 10, slideMs: 5, offsetMs: 0 },
      aggregates,
      allowedLatenessMs: 0,
    }),
  session: (context) => new SessionOperator(context, { gapMs: 5, aggregates, allowedLatenessMs: 0 }),
};

for (const [kind, make] of Object.entries(KINDS)) {
  test(`${kind} windows of many keys fire in parts, and the watermark waits for the last`, () => {
    const { operator, out, rows } = drive(make);
    operator.onWatermark(0, 9);
    let parts = 1;
    for (; operator.hasPutOff(); parts++) {
      const before = rows();
      assert.ok(before < KEYS || kind === "hopping");
      assert.ok(out.every((each) => typeof each === "number"));
      operator.goOn();
      assert.ok(rows() - before <= AT_ONCE);
    }
    assert.ok(parts >= KEYS / AT_ONCE, `only ${parts} parts`);
    assert.equal(rows(), KEYS);
    assert.deepEqual(out.at(-1), { watermark: 9 });
  });

  test(`${kind} windows take records of other windows while they fire, and finish before one that matters`, () => {
    const { operator, rows } = drive(make);
    operator.onWatermark(0, 9);
    assert.ok(operator.hasPutOff());
    const fired = rows();
    // Of keys that had no record, in a window to come.
    operator.onBatch(0, batchAt(KEYS, 10, { time: 20, mark: 9 }));
    assert.ok(operator.hasPutOff());
    assert.equal(rows(), fired);
    // The hopping window from 5 on has the pane that fires; a session of a key that is over ends before the next begins.
    operator.onBatch(0, batchAt(KEYS - 1, 1, { time: kind === "session" ? 10 : 9, mark: 9 }));
    if (kind === "tumbling") assert.ok(operator.hasPutOff(), "a record that is late matters to nothing");
    else assert.equal(rows(), KEYS);
    while (operator.hasPutOff()) operator.goOn();
    operator.onWatermark(0, 1_000);
    while (operator.hasPutOff()) operator.goOn();
    const again = { tumbling: 10, hopping: KEYS + 20, session: 11 }[kind] as number;
    assert.equal(rows(), KEYS + again);
  });
}
