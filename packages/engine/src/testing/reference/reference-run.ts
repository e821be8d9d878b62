import { TidemarkError } from "../../foundation/error.ts";
import type { LogicalGraph, LogicalNode } from "../../graph/logical-graph.ts";
import { AlignedWindowStep } from "./aligned-window-step.ts";
import { AggregateStep, ReduceStep } from "./changelog-steps.ts";
import { cutInputs, picksWithin, roundRobin, type Pick, type Positions, type ReferenceInputs } from "./element.ts";
import { LookupStep } from "./lookup-step.ts";
import { ProcessStep } from "./process-step.ts";
import { ReferenceJob, type ReferenceDeadLetter } from "./reference-job.ts";
import type { Row, RowKind } from "./row.ts";
import { SessionWindowStep } from "./session-window-step.ts";
import { SourceStep } from "./source-step.ts";
import { KeyByStep, MergeStep, SinkStep, StatelessStep } from "./stateless-steps.ts";
import type { Step } from "./step.ts";

export interface ReferenceOptions {
  /** In which order elements of different splits are read; default: one of each split in turn. */
  readonly order?: readonly Pick[];
  /** Wall clock at the start, epoch ms; default 0. */
  readonly now?: number;
  /** False: the input goes on, so that windows and timers that the watermark has not reached stay silent. Default: true. */
  readonly end?: boolean;
}

/** A record as a sink got it. */
export interface ReferenceOutput {
  readonly record: unknown;
  readonly timestamp: number;
  readonly kind: RowKind;
}

export interface ReferenceResult {
  /** Records by sink port, in the order in which they came. */
  readonly sinks: Readonly<Record<string, readonly unknown[]>>;
  /** The same with event time and kind of change. */
  readonly outputs: Readonly<Record<string, readonly ReferenceOutput[]>>;
  readonly deadLetters: readonly ReferenceDeadLetter[];
  /** By step, by name: "late", "user-errors"; of sources "invalid", "clamped". */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/**
 * Runs a pipeline on plain objects, one record at a time, without faults: what it gives is what the engine has to give, whatever
 * was crashed, moved or rescaled. Throws TM_USER_CODE or TM_RECORD where a policy says that the job stops.
 */
export function referenceRun(
  graph: LogicalGraph,
  inputs: ReferenceInputs,
  options: ReferenceOptions = {},
): ReferenceResult {
  const job = new ReferenceJob({ now: options.now ?? 0, onError: graph.onError });
  const steps = buildSteps(graph, inputs, job);
  const sources = new Map(steps.filter((step) => step instanceof SourceStep).map((step) => [step.name, step]));
  for (const [port, split] of options.order ?? roundRobin(inputs)) {
    const source = sources.get(port);
    if (source === undefined) throw new TidemarkError("TM_NOT_FOUND", `the pipeline has no source "${port}"`);
    const element = source.take(split);
    if (element?.kind === "clock") moveClock(job, steps, element.advanceMs);
  }
  if (options.end ?? true) for (const source of sources.values()) source.endAll();
  return resultOf(steps, job);
}

/** What is committed when `positions` of the input have been read and no more: a checkpoint's output. */
export function referenceAt(
  graph: LogicalGraph,
  inputs: ReferenceInputs,
  positions: Positions,
  options: Omit<ReferenceOptions, "end"> = {},
): ReferenceResult {
  const cut = cutInputs(inputs, positions);
  return referenceRun(graph, cut, {
    ...options,
    order: picksWithin(options.order ?? roundRobin(inputs), cut),
    end: false,
  });
}

function buildSteps(graph: LogicalGraph, inputs: ReferenceInputs, job: ReferenceJob): readonly Step[] {
  const steps: Step[] = [];
  for (const node of graph.nodes) {
    const step = makeStep(node, inputs, job);
    steps.push(step);
    node.inputs.forEach((input, position) => steps[input.node]?.feed(input.output, step, position));
  }
  for (const step of steps) if (step instanceof SourceStep) step.start();
  return steps;
}

function makeStep(node: LogicalNode, inputs: ReferenceInputs, job: ReferenceJob): Step {
  switch (node.kind) {
    case "source":
      return new SourceStep(node, inputs[node.name] ?? [], job);
    case "map":
    case "filter":
    case "flatMap":
      return new StatelessStep(node, job);
    case "merge":
      return new MergeStep(node.name, node.inputs.length, job);
    case "keyBy":
      return new KeyByStep(node, job);
    case "window":
      return node.window.kind === "session" ? new SessionWindowStep(node, job) : new AlignedWindowStep(node, job);
    case "aggregate":
      return new AggregateStep(node, job);
    case "reduce":
      return new ReduceStep(node, job);
    case "process":
      return new ProcessStep(node, job);
    case "lookup":
      return new LookupStep(node, job);
    case "sink":
      return new SinkStep(node.name, node.inputs.length, job);
  }
}

/** Moves the wall clock on, stopping wherever something is due. */
function moveClock(job: ReferenceJob, steps: readonly Step[], advanceMs: number): void {
  const target = job.now + advanceMs;
  for (;;) {
    const next = Math.min(...steps.map((step) => step.nextClock()));
    if (next > target) break;
    job.now = Math.max(job.now, next);
    for (const step of steps) if (step.nextClock() <= job.now) step.onClock();
  }
  job.now = target;
}

function resultOf(steps: readonly Step[], job: ReferenceJob): ReferenceResult {
  const output = ({ value, timestamp, kind }: Row): ReferenceOutput => ({ record: value, timestamp, kind });
  const sinks = steps.filter((step) => step instanceof SinkStep);
  return {
    sinks: Object.fromEntries(sinks.map((sink) => [sink.name, sink.rows.map((row) => row.value)])),
    outputs: Object.fromEntries(sinks.map((sink) => [sink.name, sink.rows.map(output)])),
    deadLetters: job.deadLetters,
    counts: job.counts,
  };
}
