import { TidemarkError, type Pipeline } from "@tidemark/engine";
import {
  compareOutputs,
  record,
  referenceRun,
  roundRobin,
  testRun,
  type CompareOptions,
  type ReferenceInputs,
  type ReferencePick,
  type ReferenceResult,
} from "@tidemark/engine/testing";
import { Entropy } from "../random.ts";
import type { RecordInputs } from "../explore/scenario.ts";
import type { Mistake } from "./user-mistake.ts";
import { watchGlobals } from "./watched-globals.ts";

/** Wall clock of a simulated machine at its start, epoch ms. */
const START = Date.UTC(2100, 0, 1);
/** Orders of splits that are tried. */
const ORDERS = 8;
/** Sums of fractions may differ in their last digits with the order of arrival. */
const RELATIVE_TOLERANCE = 1e-9;

export interface FindOptions {
  readonly allowLate: boolean;
  readonly compare: Readonly<Record<string, CompareOptions>>;
}

/**
 * Looks for mistakes that need no fault to be found: what a pipeline reads besides its input, keeps outside its state, loses as
 * late, or makes of the order in which splits are read. The reference interpreter and one run with debug checks are enough.
 */
export async function findMistakes(pipeline: Pipeline, inputs: RecordInputs, options: FindOptions): Promise<Mistake[]> {
  const reference = asReference(inputs);
  const { result, uses } = watchGlobals(() => referenceRun(pipeline.graph, reference, { now: START }));
  const mistakes: Mistake[] = uses.map(({ kind, what, at }) => ({
    kind,
    message:
      kind === "wall-clock"
        ? `the pipeline reads the wall clock (${what} at ${at}): after a crash the same records are handled again at another time. Use a record's time, c.time, or c.now() in a process function`
        : `the pipeline draws random numbers (${what} at ${at}): after a crash the same records get others. Derive what you need from the record`,
  }));
  if (mistakes.length > 0) return mistakes;
  const again = referenceRun(pipeline.graph, reference, { now: START });
  const difference = differingPort(again, result, {});
  if (difference !== null) {
    return [
      {
        kind: "state-outside-state",
        message: `the same input gives another output the second time: a function keeps something outside its state (a variable of the file, a Map, a counter), which is lost in a crash and not shared between workers. Keep it in state.value, state.list or state.map. ${difference}`,
      },
    ];
  }
  const kept = await keptRecord(pipeline, inputs);
  if (kept !== null) return [kept];
  if (!options.allowLate) mistakes.push(...lateRecords(result));
  mistakes.push(...orderDependence(pipeline, reference, result, options));
  return mistakes;
}

/** One run of the engine with debug checks. */
async function keptRecord(pipeline: Pipeline, inputs: RecordInputs): Promise<Mistake | null> {
  const splits = Object.fromEntries(Object.entries(inputs).map(([port, list]) => [port, list.length]));
  const run = await testRun(pipeline, { splits });
  try {
    for (const [port, list] of Object.entries(inputs)) {
      for (const [split, records] of list.entries())
        await run.play(port, split, ...records.map((each) => ({ record: each })));
    }
    await run.end();
    return null;
  } catch (error) {
    if (!isStale(error)) throw error;
    const text = error instanceof Error ? error.message : String(error);
    return {
      kind: "kept-record",
      message: `a function keeps a record beyond its call, where it stands for another one: copy it ({ ...record }) to keep it. ${text}`,
    };
  }
}

function isStale(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ((at instanceof TidemarkError && at.code === "TM_RECORD_STALE") || at.message.includes("{...record}"))
      return true;
  }
  return false;
}

/** Records that came after their window was dropped, where nobody takes them. */
function lateRecords({ counts }: ReferenceResult): Mistake[] {
  return Object.entries(counts).flatMap(([step, { "late-dropped": late = 0 }]) =>
    late === 0
      ? []
      : [
          {
            kind: "late-records" as const,
            message: `${late} records came too late for step "${step}" and were dropped: what is counted depends on the order of arrival. Raise the source's outOfOrder or the window's allowedLateness, give the window a late output, or pass allowLate: true if that is meant`,
          },
        ],
  );
}

/** Reads the splits in other orders; the records are the same, so the output has to be. */
function orderDependence(
  pipeline: Pipeline,
  inputs: ReferenceInputs,
  expected: ReferenceResult,
  options: FindOptions,
): Mistake[] {
  const splits = Object.values(inputs).reduce((sum, list) => sum + list.length, 0);
  if (splits < 2) return [];
  const choices = new Entropy({ seed: ORDERS }).choices("order of splits");
  for (let turn = 0; turn < ORDERS; turn++) {
    const order = shuffled(inputs, (bound) => choices.integer(bound));
    const difference = differingPort(
      referenceRun(pipeline.graph, inputs, { now: START, order }),
      expected,
      options.compare,
    );
    if (difference === null) continue;
    return [
      {
        kind: "split-order",
        message: `the output depends on the order in which splits are read, which nobody promises: a step combines records of several splits in the order of their arrival, or the source's outOfOrder is too small for how far the splits drift apart. ${difference}`,
      },
    ];
  }
  return [];
}

/** The picks of every split in their own order, interleaved at random. */
function shuffled(inputs: ReferenceInputs, integer: (bound: number) => number): ReferencePick[] {
  const left = roundRobin(inputs).slice();
  const queues = new Map<string, ReferencePick[]>();
  for (const pick of left) {
    const name = pick.join(" ");
    queues.set(name, [...(queues.get(name) ?? []), pick]);
  }
  const order: ReferencePick[] = [];
  while (queues.size > 0) {
    const names = [...queues.keys()];
    const name = names[integer(names.length)] as string;
    const queue = queues.get(name) as ReferencePick[];
    order.push(queue.shift() as ReferencePick);
    if (queue.length === 0) queues.delete(name);
  }
  return order;
}

/** The first sink whose records differ, order aside; null if none does. */
function differingPort(
  actual: ReferenceResult,
  expected: ReferenceResult,
  compare: FindOptions["compare"],
): string | null {
  for (const port of Object.keys(expected.sinks)) {
    const options = { relativeTolerance: RELATIVE_TOLERANCE, ...compare[port], keyOf: null };
    const { equal, report } = compareOutputs(actual.sinks[port] ?? [], expected.sinks[port] ?? [], options);
    if (!equal) return `sink "${port}": ${report}`;
  }
  return null;
}

function asReference(inputs: RecordInputs): ReferenceInputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([port, splits]) => [port, splits.map((records) => records.map(record))]),
  );
}
