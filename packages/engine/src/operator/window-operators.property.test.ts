import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_WATERMARK } from "../time/watermark.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { collectAggregate } from "./aggregates/collect.ts";
import { countAggregate } from "./aggregates/count.ts";
import { customAggregate } from "./aggregates/custom.ts";
import { quantileAggregate } from "./aggregates/quantile.ts";
import { sumAggregate } from "./aggregates/sum.ts";
import { rec, runScript, watermark, type ScriptElement } from "./operator-script.test-only.ts";
import type { AlignedWindowSpec } from "./pane-windows.ts";
import { SessionOperator } from "./session-operator.ts";
import { WindowOperator } from "./window-operator.ts";

interface Value {
  readonly k: string | number;
  readonly v: number;
}

/** Records that go up and down in time, with watermarks between them, and the end. */
const script: fc.Arbitrary<readonly ScriptElement[]> = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          k: fc.constantFrom("a", "b", "c", 1),
          v: fc.integer({ min: -5, max: 5 }),
          back: fc.nat(40),
        }),
      },
      { weight: 1, arbitrary: fc.record({ rise: fc.integer({ min: 1, max: 15 }) }) },
    ),
    { maxLength: 40 },
  )
  .map((steps) => {
    let now = 0;
    const elements = steps.map((step): ScriptElement => {
      if ("rise" in step) return watermark((now += step.rise));
      return rec({ k: step.k, v: step.v }, now + 20 - step.back);
    });
    return [...elements, watermark(MAX_WATERMARK)];
  });

const windows = fc.constantFrom<AlignedWindowSpec>(
  { kind: "tumbling", sizeMs: 10, offsetMs: 3 },
  { kind: "hopping", sizeMs: 12, slideMs: 4, offsetMs: 0 },
  { kind: "cumulate", sizeMs: 12, stepMs: 4, offsetMs: 1 },
);

const aggregates = {
  n: countAggregate(),
  sum: sumAggregate((r: Value) => r.v),
  median: quantileAggregate((r: Value) => r.v, 0.5),
  all: collectAggregate((r: Value) => r.v, 100),
} as NamedAggregates;
const withCustom = {
  ...aggregates,
  picky: customAggregate({
    create: () => ({ seen: [] as number[] }),
    add: (accumulator, record: Value) => {
      accumulator.seen.push(record.v);
      if (record.v === -5) throw new Error("minus five");
      return accumulator;
    },
    merge: (accumulator, other) => ({ seen: [...accumulator.seen, ...other.seen] }),
    result: ({ seen }) => seen.join(),
  }),
} as NamedAggregates;

const key = (value: unknown): string | number => (value as Value).k;

test("aligned windows say the same after restores and splits, count each record once per window, and leave nothing", () => {
  fc.assert(
    fc.property(
      script,
      windows,
      fc.constantFrom(0, 5, 30),
      fc.boolean(),
      (elements, window, allowedLatenessMs, custom) => {
        const used = custom ? withCustom : aggregates;
        const result = runScript({
          make: (context) => new WindowOperator(context, { window, aggregates: used, allowedLatenessMs }),
          script: elements,
          key,
        });
        assert.equal(result.keys, 0);
        assertRevisions(result.rows.map((row) => row.value));
        if (custom || window.kind !== "tumbling") return;
        // Every record is in the last revision of its window, or late.
        const last = new Map<string, number>();
        for (const { value } of result.rows) {
          const { key: of, window: at, n } = value as { key: unknown; window: { start: number }; n: number };
          last.set(`${typeof of} ${String(of)} ${at.start}`, n);
        }
        const counted = [...last.values()].reduce((sum, n) => sum + n, 0);
        assert.equal(counted + result.late.length, elements.filter((element) => element.kind === "rec").length);
      },
    ),
    { numRuns: 150 },
  );
});

test("sessions say the same after restores and splits, lie a gap apart, and leave nothing", () => {
  fc.assert(
    fc.property(script, fc.constantFrom(0, 5, 30), fc.boolean(), (elements, allowedLatenessMs, custom) => {
      const used = custom ? withCustom : aggregates;
      const result = runScript({
        make: (context) => new SessionOperator(context, { gapMs: 6, aggregates: used, allowedLatenessMs }),
        script: elements,
        key,
      });
      assert.equal(result.keys, 0);
      for (const { value, time } of result.rows) {
        const { window } = value as { window: { start: number; end: number } };
        assert.equal(time, window.end - 1);
        assert.ok(window.end - window.start >= 6);
      }
    }),
    { numRuns: 150 },
  );
});

/** Revisions of each key and window count up from 0. */
function assertRevisions(results: readonly unknown[]): void {
  const next = new Map<string, number>();
  for (const result of results) {
    const { key: of, window, revision } = result as { key: unknown; window: { end: number }; revision: number };
    const name = `${typeof of} ${String(of)} ${window.end}`;
    assert.equal(revision, next.get(name) ?? 0);
    next.set(name, revision + 1);
  }
}
