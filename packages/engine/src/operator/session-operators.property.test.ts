import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_WATERMARK } from "../time/watermark.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { collectAggregate } from "./aggregates/collect.ts";
import { countAggregate } from "./aggregates/count.ts";
import { customAggregate } from "./aggregates/custom.ts";
import { lastAggregate } from "./aggregates/first-last.ts";
import { quantileAggregate } from "./aggregates/quantile.ts";
import { sumAggregate } from "./aggregates/sum.ts";
import { topKAggregate } from "./aggregates/top-k.ts";
import { ListSessionOperator } from "./list-session-operator.test-only.ts";
import { rec, runScript, watermark, type ScriptElement, type ScriptResult } from "./operator-script.test-only.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { SessionOperator } from "./session-operator.ts";
import type { SessionOptions } from "./session-options.ts";

interface Value {
  readonly k: string;
  readonly v: number;
}

const GAP_MS = 6;
const numbers = {
  n: countAggregate(),
  sum: sumAggregate(({ v }: Value) => {
    if (v === 4) throw new Error("four");
    return v;
  }),
};
const objects = {
  ...numbers,
  all: collectAggregate(({ v }: Value) => v, 5),
  last: lastAggregate(({ v }: Value) => ({ v })),
  top: topKAggregate(2, ({ v }: Value) => v),
  p: quantileAggregate(({ v }: Value) => v, 0.5),
};
const userMade = {
  ...objects,
  odd: customAggregate({
    create: () => ({ seen: [] as number[] }),
    add(accumulator, { v }: Value) {
      accumulator.seen.push(v);
      if (v === 3) throw new Error("three");
      return accumulator;
    },
    merge(accumulator, { seen }) {
      accumulator.seen.push(...seen);
      if (accumulator.seen.length > 4) throw new Error("too many");
      return accumulator;
    },
    result({ seen }) {
      if (seen.length === 3) throw new Error("no result of three");
      return seen.join();
    },
  }),
};
const sets = { numbers, objects, userMade } as unknown as Readonly<Record<string, NamedAggregates>>;

/** Records of few keys that go up and down in time, so that sessions grow, lie apart, are joined, fire again and are late. */
const script: fc.Arbitrary<readonly ScriptElement[]> = fc
  .array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          k: fc.constantFrom("a", "b", "c"),
          v: fc.integer({ min: -5, max: 4 }),
          back: fc.nat(45),
        }),
      },
      { weight: 1, arbitrary: fc.record({ rise: fc.integer({ min: 1, max: 15 }) }) },
    ),
    { maxLength: 60 },
  )
  .map((steps) => {
    let now = 0;
    const elements = steps.map((step): ScriptElement => {
      if ("rise" in step) return watermark((now += step.rise));
      return rec({ k: step.k, v: step.v }, now + 20 - step.back);
    });
    return [...elements, watermark(MAX_WATERMARK)];
  });

function run(
  make: (context: OperatorContext, options: SessionOptions) => Operator,
  elements: readonly ScriptElement[],
  options: SessionOptions,
): ScriptResult {
  return runScript({
    make: (context) => make(context, options),
    script: elements,
    key: (value) => (value as Value).k,
    hasLate: true,
  });
}

for (const [name, aggregates] of Object.entries(sets)) {
  test(`sessions of ${name} are those of a list per key: results, late records and errors, in the same order`, () => {
    fc.assert(
      fc.property(script, fc.constantFrom(0, 3, 10, 40), (elements, allowedLatenessMs) => {
        const options = { gapMs: GAP_MS, aggregates, allowedLatenessMs };
        const inSlots = run((context, given) => new SessionOperator(context, given), elements, options);
        const inLists = run((context, given) => new ListSessionOperator(context, given), elements, options);
        assert.deepEqual(inSlots.rows, inLists.rows);
        assert.deepEqual(inSlots.late, inLists.late);
        assert.deepEqual(
          inSlots.errors.map(({ message }) => message),
          inLists.errors.map(({ message }) => message),
        );
        assert.equal(inSlots.keys, 0);
      }),
      { numRuns: 60 },
    );
  });
}
