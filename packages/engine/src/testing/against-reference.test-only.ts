import assert from "node:assert/strict";
import fc from "fast-check";
import type { Pipeline } from "../dsl/pipeline.ts";
import type { ScriptElement } from "../connector/script.ts";
import { FAILPOINTS, type FailpointName } from "../host/host.ts";
import { compareOutputs, type CompareOptions } from "./compare-outputs.ts";
import type { InputElement, Pick, ReferenceInputs } from "./reference/element.ts";
import type { ReferenceDeadLetter } from "./reference/reference-job.ts";
import { referenceAt, referenceRun, type ReferenceOutput, type ReferenceResult } from "./reference/reference-run.ts";
import { testRun, type TestRun } from "./test-run.ts";

/** Wall clock at which every run begins: far from all event times, before and after. */
export const NOW = 1_000_000;

/** How the engine is driven over an input; the output must not depend on it. */
export interface Drive {
  /** Elements given at once, in turn: the batches that result. */
  readonly chunks: readonly number[];
  /** What happens after each chunk, in turn; a failpoint's name: a checkpoint in which the power fails there. */
  readonly faults: readonly ("none" | "checkpoint" | "crash" | FailpointName)[];
  /** Parallelism at the start and after each crash, in turn. */
  readonly parallelism: readonly number[];
}

export const drives: fc.Arbitrary<Drive> = fc.record({
  chunks: fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 40 })), {
    minLength: 1,
    maxLength: 5,
  }),
  faults: fc.array(
    fc.oneof(
      { arbitrary: fc.constant("none" as const), weight: 3 },
      { arbitrary: fc.constant("checkpoint" as const), weight: 2 },
      { arbitrary: fc.constant("crash" as const), weight: 1 },
      { arbitrary: fc.constantFrom(...FAILPOINTS), weight: 2 },
    ),
    { minLength: 1, maxLength: 7 },
  ),
  parallelism: fc.array(fc.constantFrom(1, 2, 4), { minLength: 1, maxLength: 3 }),
});

export interface AgainstOptions {
  /** By sink port, how its rows are compared. */
  readonly compare?: Readonly<Record<string, CompareOptions>>;
  /** Order in which elements are read by the reference and given to the engine. Needed where there are several splits. */
  readonly order?: readonly Pick[];
  /** True: what a crash undoes would be done again at another wall clock, so a checkpoint is taken before each. */
  readonly usesClock?: boolean;
  /** True: how far a part of the input gets depends on parallelism; only what comes of the whole is compared. */
  readonly wholeOnly?: boolean;
}

/**
 * Runs a pipeline in the engine, driven by `drive`, and in the reference; the committed output must be equal at every checkpoint and
 * at the end, and so must the dead letters.
 */
export async function checkAgainstReference(
  pipeline: Pipeline,
  inputs: ReferenceInputs,
  drive: Drive,
  options: AgainstOptions = {},
): Promise<void> {
  const order = options.order ?? sequence(inputs);
  const splits = Object.fromEntries(Object.entries(inputs).map(([port, list]) => [port, list.length]));
  const { chunks, faults, parallelism } = drive;
  const t = await testRun(pipeline, { parallelism: parallelism[0] ?? 1, now: NOW, splits });
  const positions = new Map<string, number[]>(Object.entries(inputs).map(([port, list]) => [port, list.map(() => 0)]));
  let crashes = 0;
  for (let at = 0, chunk = 0; at < order.length; chunk++) {
    const size = chunks[chunk % chunks.length] ?? 1;
    await give(t, inputs, order.slice(at, at + size), positions);
    at += size;
    const fault = faults[chunk % faults.length] ?? "none";
    const isCrash = fault !== "none" && fault !== "checkpoint";
    if (fault === "checkpoint" || (isCrash && options.usesClock === true)) {
      await t.checkpoint();
      if (options.wholeOnly !== true)
        compare(t, referenceAt(pipeline.graph, inputs, Object.fromEntries(positions), { now: NOW, order }), options);
    }
    if (!isCrash) continue;
    await t.crash({
      parallelism: parallelism[++crashes % parallelism.length] ?? 1,
      ...(fault === "crash" ? {} : { during: fault }),
    });
  }
  await t.end();
  compare(t, referenceRun(pipeline.graph, inputs, { now: NOW, order }), options);
}

function sequence(inputs: ReferenceInputs): readonly Pick[] {
  return Object.entries(inputs).flatMap(([port, splits]) =>
    splits.flatMap((elements, split) => elements.map((): Pick => [port, split])),
  );
}

/** Gives the next elements of an order to the engine; those of one split in a row at once. */
async function give(
  t: TestRun,
  inputs: ReferenceInputs,
  picks: readonly Pick[],
  positions: Map<string, number[]>,
): Promise<void> {
  let pending: { port: string; split: number; elements: ScriptElement[] } | null = null;
  const flush = async (): Promise<void> => {
    if (pending !== null) await t.play(pending.port, pending.split, ...pending.elements);
    pending = null;
  };
  for (const [port, split] of picks) {
    const taken = positions.get(port) as number[];
    const element = inputs[port]?.[split]?.[taken[split] as number] as InputElement;
    taken[split] = (taken[split] as number) + 1;
    if (pending !== null && (pending.port !== port || pending.split !== split)) await flush();
    pending ??= { port, split, elements: [] };
    if (element.kind === "clock") {
      // A step of no time keeps positions equal on both sides.
      pending.elements.push({ wait: "0ms" });
      await flush();
      await t.advanceClock(`${element.advanceMs}ms`);
    } else {
      pending.elements.push(scriptElement(element));
    }
  }
  await flush();
}

function scriptElement(element: Exclude<InputElement, { kind: "clock" }>): ScriptElement {
  switch (element.kind) {
    case "record":
      return { record: element.value };
    case "malformed":
      return { malformed: element.raw };
    case "watermark":
      return { watermark: element.watermark };
  }
}

function compare(t: TestRun, expected: ReferenceResult, { compare: by = {} }: AgainstOptions): void {
  for (const [port, rows] of Object.entries(expected.outputs)) {
    const { keyOf, ...rest } = by[port] ?? {};
    const keyOfRow = keyOf === null ? null : (row: unknown) => (keyOf ?? defaultKey)((row as ReferenceOutput).record);
    const actual = (t.rows[port] ?? []).map(({ record, timestamp, rowKind }) => ({ record, timestamp, kind: rowKind }));
    const { equal, report } = compareOutputs(actual, rows, { ...rest, keyOf: keyOfRow });
    assert.ok(equal, `sink ${port}: ${report}`);
  }
  const letters = t.deadLetters.map((letter) => {
    const { port, split, offset, operator, key, code, record } = letter as ReferenceDeadLetter;
    return { port, split, offset, operator, key, code, record };
  });
  // Steps write theirs when they come to it: no order is promised.
  const { equal, report } = compareOutputs(
    letters,
    expected.deadLetters.map(({ cause: _, ...letter }) => letter),
    { keyOf: null },
  );
  assert.ok(equal, `dead letters: ${report}`);
}

function defaultKey(record: unknown): unknown {
  return typeof record === "object" && record !== null && "key" in record ? record.key : "";
}
