import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_WATERMARK } from "../time/watermark.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { countAggregate } from "./aggregates/count.ts";
import { sumAggregate } from "./aggregates/sum.ts";
import { CompiledAggregates } from "./compiled-aggregates.ts";
import { ListSessionOperator } from "./list-session-operator.ts";
import { rec, runScript, watermark, type ScriptElement, type ScriptResult } from "./operator-script.test-only.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { FIRST_AGGREGATE } from "./session-fields.ts";
import type { SessionOptions } from "./session-options.ts";
import { SlotSessionOperator } from "./slot-session-operator.ts";

interface Value {
  readonly k: string;
  readonly v: number;
}

const GAP_MS = 6;
const aggregates = {
  n: countAggregate(),
  sum: sumAggregate(({ v }: Value) => {
    if (v === 4) throw new Error("four");
    return v;
  }),
} as NamedAggregates;

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
  allowedLatenessMs: number,
): ScriptResult {
  return runScript({
    make: (context) => make(context, { gapMs: GAP_MS, aggregates, allowedLatenessMs }),
    script: elements,
    key: (value) => (value as Value).k,
    hasLate: true,
  });
}

test("sessions in slots and sessions in lists give the same results, late records and errors, in the same order", () => {
  fc.assert(
    fc.property(script, fc.constantFrom(0, 3, 10, 40), (elements, allowedLatenessMs) => {
      const inSlots = run(
        (context, options) =>
          new SlotSessionOperator(
            context,
            options,
            new CompiledAggregates(options.aggregates, { firstField: FIRST_AGGREGATE }),
          ),
        elements,
        allowedLatenessMs,
      );
      const inLists = run((context, options) => new ListSessionOperator(context, options), elements, allowedLatenessMs);
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
