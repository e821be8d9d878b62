import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_WATERMARK, NO_WATERMARK } from "../time/watermark.ts";
import { LookupOperator } from "./lookup-operator.ts";
import { rec, runScript, watermark, type ScriptElement } from "./operator-script.test-only.ts";

type Step =
  | {
      readonly kind: "row";
      readonly input: 0 | 1;
      readonly k: string;
      readonly time: number;
      readonly isDelete: boolean;
    }
  | { readonly kind: "rise"; readonly input: 0 | 1; readonly by: number };

const input = fc.constantFrom<0 | 1>(0, 1);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("row" as const),
        input,
        k: fc.constantFrom("a", "b", "c"),
        time: fc.nat(30),
        isDelete: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("rise" as const), input, by: fc.integer({ min: 1, max: 10 }) }),
    },
  ),
  { maxLength: 40 },
);

interface Version {
  readonly k: string;
  readonly time: number;
  readonly watermark: number;
  readonly name: string | null;
}

/** What each row of the stream has to see, from the definition, over the table's whole history. */
function expected(list: readonly Step[]): unknown[] {
  const watermarks = [NO_WATERMARK, NO_WATERMARK];
  const versions: Version[] = [];
  const rows: { k: string; at: number; v: number }[] = [];
  list.forEach((step, v) => {
    const now = watermarks[step.input] as number;
    if (step.kind === "rise") watermarks[step.input] = Math.max(0, now) + step.by;
    else if (step.input === 0) rows.push({ k: step.k, at: Math.max(step.time, now), v });
    else versions.push({ k: step.k, time: step.time, watermark: now, name: step.isDelete ? null : `v${v}` });
  });
  return rows.map(({ k, at, v }) => {
    const seen = versions.filter(
      (version) =>
        version.k === k && version.time <= at && (version.time > version.watermark || version.watermark < at),
    );
    const newest = seen.reduce<Version | null>(
      (best, version) => (best === null || version.time >= best.time ? version : best),
      null,
    );
    return { k, v, name: newest?.name ?? null };
  });
}

function script(list: readonly Step[]): ScriptElement[] {
  const watermarks = [0, 0];
  const elements = list.map((step, v): ScriptElement => {
    if (step.kind === "rise")
      return watermark((watermarks[step.input] = (watermarks[step.input] as number) + step.by), step.input);
    if (step.input === 0) return rec({ k: step.k, v }, step.time);
    return rec({ k: step.k, name: `v${v}` }, step.time, {
      input: 1,
      rowKind: step.isDelete ? "delete" : "updateAfter",
    });
  });
  return [...elements, watermark(MAX_WATERMARK), watermark(MAX_WATERMARK, 1)];
}

test("the join is what its definition says, whatever comes first, is restored or split", () => {
  fc.assert(
    fc.property(steps, (list) => {
      const fn = (record: { k: string; v: number }, row: { name: string } | undefined): unknown => ({
        ...record,
        name: row?.name ?? null,
      });
      const result = runScript({
        make: (context) => new LookupOperator(context, { fn }),
        script: script(list),
        inputs: 2,
      });
      assert.deepEqual(
        result.rows.map(({ value }) => value),
        expected(list),
      );
    }),
    { numRuns: 150 },
  );
});

test("the output does not depend on how the two inputs interleave", () => {
  fc.assert(
    fc.property(steps, (list) => {
      const run = (order: readonly ScriptElement[]): unknown =>
        runScript({
          make: (context) =>
            new LookupOperator(context, {
              fn: (record: { v: number }, row: { name: string } | undefined) => ({ ...record, name: row?.name }),
            }),
          script: order,
          inputs: 2,
          once: true,
        }).rows;
      const elements = script(list);
      const of = (which: number): ScriptElement[] =>
        elements.filter((element) => "input" in element && element.input === which);
      assert.deepEqual(run([...of(0), ...of(1)]), run(elements));
      assert.deepEqual(run([...of(1), ...of(0)]), run(elements));
    }),
    { numRuns: 100 },
  );
});
