import { TidemarkError, type Pipeline } from "@tidemark/engine";
import { record, referenceRun, type CompareOptions } from "@tidemark/engine/testing";
import { runSeed } from "../explore/run-seed.ts";
import {
  FAULT_CLASSES,
  type FaultClass,
  type RunReport,
  type Scenario,
  type ScenarioSettings,
} from "../explore/scenario.ts";
import { shrunkText } from "../explore/report-text.ts";
import { shrink } from "../explore/shrink.ts";
import { findMistakes } from "./find-mistakes.ts";
import { inputsOf, type UserInputs } from "./user-inputs.ts";
import type { Mistake } from "./user-mistake.ts";

/** Faults that a simulation injects unless told otherwise: all but damage to files at rest, at which the engine halts. */
const USER_FAULTS: readonly FaultClass[] = FAULT_CLASSES.filter((each) => each !== "rot");
/** Different inputs that are drawn where inputs are functions. */
const INPUTS_MAX = 20;
/** Of so many seeds one is run twice. */
const REPEATED_EVERY = 25;

/** Records by sink port. */
export type SimulatedOutputs = Readonly<Record<string, readonly unknown[]>>;

export interface SimulateOptions {
  /** Records of every source port: an array, an array a split, or a function of seeded randomness that makes either. */
  readonly inputs: UserInputs;
  /** How many seeds are run, each with its own faults, order of events and settings; default 100. */
  readonly seeds?: number;
  /** The first seed; default 1. With `seeds: 1` it replays a failure. */
  readonly firstSeed?: number;
  /** What may go wrong; default everything that the engine promises to survive. */
  readonly faults?: readonly FaultClass[];
  /** What has to be true of the output, by name: returns what is wrong in words, or nothing. */
  readonly invariants?: Readonly<Record<string, (outputs: SimulatedOutputs) => string | undefined>>;
  /** Sinks of your own by port, with what their readers see; made anew for each run. The others are files. */
  readonly sinks?: NonNullable<ScenarioSettings["sinks"]>;
  /** How outputs are compared, by sink port; default in order per field `key`, where records have one, numbers exactly. */
  readonly compare?: Readonly<Record<string, CompareOptions>>;
  /** True: records may come too late and be dropped. */
  readonly allowLate?: boolean;
}

/** What a simulation did; it rejects with TM_SIMULATION if anything was wrong. */
export interface SimulateReport {
  readonly seeds: number;
  readonly crashes: number;
  readonly checkpoints: number;
}

/**
 * Runs a pipeline on simulated machines, a seed at a time: it is killed, loses power, pauses, restarts at another parallelism, and its disk
 * fails, while the scheduler chooses the order of everything. Its committed output has to equal the reference interpreter's at every
 * checkpoint, whatever happened. Looks for the mistakes of {@link Mistake} first. Works in any test runner. Rejects with
 * TM_SIMULATION: what is wrong, its likely cause, the seed that replays it, and the simplest form of it with a timeline.
 * A pipeline may be given as a function that makes it, so that mistakes in writing it are found too.
 */
export async function simulate(
  pipeline: Pipeline | (() => Pipeline),
  options: SimulateOptions,
): Promise<SimulateReport> {
  const made = makePipeline(pipeline);
  const { seeds = 100, firstSeed = 1, allowLate = false, compare = {} } = options;
  // A seed's input depends on the seed alone, so that one seed replays what it did among many.
  const numbers = Array.from({ length: Math.min(INPUTS_MAX, seeds) }, (_, index) => (firstSeed + index) % INPUTS_MAX);
  const inputs = numbers.map((number) => inputsOf(options.inputs, number));
  const mistakes = await findMistakes(made, inputs[0] ?? {}, { allowLate, compare });
  mistakes.push(...brokenInvariants(made, inputs, options));
  if (mistakes.length > 0) throw found(made, mistakes);
  const scenarios = inputs.map((each, index) => scenarioOf(made, each, `${made.name}-${numbers[index]}`, options));
  let crashes = 0;
  let checkpoints = 0;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const scenario = scenarios[(seed - firstSeed) % scenarios.length] as Scenario;
    const report = await runSeed(scenario, seed);
    crashes += report.crashes;
    checkpoints += report.checkpoints;
    if (report.violations.length > 0) throw await failed(scenario, report, options);
    if ((seed - firstSeed) % REPEATED_EVERY === 0) await checkRepeats(scenario, report);
  }
  return { seeds, crashes, checkpoints };
}

/** A seed run once more has to do the very same. */
async function checkRepeats(scenario: Scenario, { seed, traceHash }: RunReport): Promise<void> {
  const again = await runSeed(scenario, seed);
  if (again.traceHash === traceHash) return;
  const message =
    `seed ${seed} does something else when it is run again: a function depends on something besides its records and its state, such as ` +
    "a variable of the file, the time, or what another run has left behind. Keep it in state, or derive it from the record";
  throw new TidemarkError("TM_SIMULATION", message, {
    facts: { pipeline: scenario.pipeline.name, kind: "state-outside-state", seed },
  });
}

function makePipeline(pipeline: Pipeline | (() => Pipeline)): Pipeline {
  if (typeof pipeline !== "function") return pipeline;
  try {
    return pipeline();
  } catch (error) {
    if (!(error instanceof TidemarkError && error.code === "TM_PIPELINE")) throw error;
    const message = `the pipeline cannot be built: ${error.message}. A step that owns state is found again by its id: each needs one of its own`;
    throw new TidemarkError("TM_SIMULATION", message, { cause: error, facts: { kind: "step-id" } });
  }
}

function scenarioOf(pipeline: Pipeline, inputs: Scenario["inputs"], name: string, options: SimulateOptions): Scenario {
  const compare = Object.fromEntries(
    pipeline.graph.nodes
      .filter(({ kind }) => kind === "sink")
      .map(({ name: port }) => [port, { keyOf: keyOrAll, ...options.compare?.[port] }]),
  );
  const isPrefixOpen = pipeline.graph.nodes.some(({ kind }) => kind === "lookup");
  return {
    name,
    pipeline,
    inputs,
    settings: { isPrefixOpen, compare, ...(options.sinks && { sinks: options.sinks }) },
    faultClasses: options.faults ?? USER_FAULTS,
  };
}

/** Order is promised per key; of records that do not show theirs nothing can be said, each stands for itself. */
function keyOrAll(row: unknown): unknown {
  return typeof row === "object" && row !== null && "key" in row ? row.key : row;
}

/** The user's own invariants, on what the reference gives for each input: the engine's output is held equal to it. */
function brokenInvariants(
  pipeline: Pipeline,
  inputs: readonly Scenario["inputs"][],
  { invariants = {} }: SimulateOptions,
): Mistake[] {
  const mistakes: Mistake[] = [];
  if (Object.keys(invariants).length === 0) return mistakes;
  for (const [index, each] of inputs.entries()) {
    const input = Object.fromEntries(
      Object.entries(each).map(([port, splits]) => [port, splits.map((records) => records.map(record))]),
    );
    const { sinks } = referenceRun(pipeline.graph, input, { now: Date.UTC(2100, 0, 1) });
    for (const [name, check] of Object.entries(invariants)) {
      const wrong = check(sinks);
      if (wrong !== undefined)
        mistakes.push({ kind: "invariant", message: `invariant "${name}" does not hold on input ${index}: ${wrong}` });
    }
    if (mistakes.length > 0) return mistakes;
  }
  return mistakes;
}

function found(pipeline: Pipeline, mistakes: readonly Mistake[]): TidemarkError {
  return new TidemarkError("TM_SIMULATION", mistakes.map(({ message }) => message).join("\n"), {
    facts: { pipeline: pipeline.name, kind: mistakes.map(({ kind }) => kind).join(",") },
  });
}

/** A seed went wrong: made simple, with how to run it again. */
async function failed(scenario: Scenario, report: RunReport, options: SimulateOptions): Promise<TidemarkError> {
  const kind: Mistake["kind"] = options.sinks !== undefined && report.violations.some(isOutput) ? "sink" : "engine";
  const shrunk = await shrink(scenario, report.seed);
  const cause =
    kind === "sink"
      ? "a sink of your own shows a record twice or not at all after a crash: it must write exactly once (prepare, then commit with the permit), or idempotently by key"
      : "the committed output is not the reference's. If no mistake of the pipeline explains it, this is a bug in Tidemark: please report the seed with the pipeline";
  const text = [
    `${cause}.`,
    ...report.violations.map(({ invariant, message }) => `${invariant}: ${message}`),
    `again: simulate(pipeline, { …, seeds: 1, firstSeed: ${report.seed} })`,
    ...(shrunk === null ? [] : [shrunkText(shrunk)]),
  ].join("\n");
  return new TidemarkError("TM_SIMULATION", text, {
    facts: { pipeline: scenario.pipeline.name, kind, seed: report.seed },
  });
}

function isOutput({ invariant }: RunReport["violations"][number]): boolean {
  return invariant === "output-equals-reference";
}
