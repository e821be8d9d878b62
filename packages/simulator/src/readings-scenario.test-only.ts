import { generate, jsonl, type JobResult } from "@tidemark/engine";
import { compareOutputs, referenceRun } from "@tidemark/engine/testing";
import type { FaultOptions } from "./faults.ts";
import type { Machine } from "./machine.ts";
import type { PipelineRun, SimulatedProcess } from "./process.ts";
import type { Tape } from "./random.ts";
import readings, { reading, readingInputs } from "./readings-pipeline.test-only.ts";
import type { Strategy } from "./schedule-strategy.ts";
import { Simulation } from "./simulation.ts";
import type { TraceEntry } from "./trace.ts";

export interface ScenarioOptions {
  readonly seed: number;
  readonly records?: number;
  /** Kills and power losses at random steps; default 3. */
  readonly crashes?: number;
  readonly faults?: FaultOptions;
  readonly strategy?: Strategy;
  readonly tape?: Tape;
  readonly keepTrace?: boolean;
  readonly log?: (entry: TraceEntry) => void;
}

export interface ScenarioResult {
  readonly simulation: Simulation;
  readonly outcome: JobResult | null;
  /** Processes that were started. */
  readonly lives: number;
  readonly failures: readonly unknown[];
  /** Empty if what was committed equals the reference. */
  readonly difference: string;
}

/** No restart helps for ever: a scenario that needs more is a bug. */
const LIVES_MAX = 200;
const STEPS_MAX = 200_000;

/** Runs the readings through crashes at random steps, starting anew at another parallelism, until they are finished. */
export async function runReadings(options: ScenarioOptions): Promise<ScenarioResult> {
  const { records = 300, crashes = 3, ...rest } = options;
  const simulation = new Simulation(rest);
  const machine = simulation.machine();
  const driver = simulation.choices("driver");
  const failures: unknown[] = [];
  let outcome: JobResult | null = null;
  let lives = 0;
  for (; outcome === null && lives < LIVES_MAX; lives++) {
    const process = machine.spawn();
    const run = startReadings(process, { records, parallelism: 1 + driver.integer(3) });
    const crashAt = lives < crashes ? simulation.scheduler.steps + 10 + driver.integer(300) : Number.POSITIVE_INFINITY;
    const end = await simulation.run({
      until: () => run.isOver,
      stepsMax: STEPS_MAX,
      onStep: (step) => {
        if (step < crashAt || !process.isAlive) return;
        if (driver.chance(0.5)) machine.losePower();
        else process.kill();
      },
    });
    if (end !== "done") throw new Error(`the readings are never finished: ${end} after ${simulation.scheduler.steps} steps`);
    if (run.outcome.kind === "returned") outcome = run.outcome.value;
    if (run.outcome.kind === "failed") failures.push(run.outcome.error);
    process.kill();
  }
  return { simulation, outcome, lives, failures, difference: differenceFromReference(machine, records) };
}

function startReadings(process: SimulatedProcess, options: { records: number; parallelism: number }): PipelineRun {
  return process.start(readings, {
    parallelism: options.parallelism,
    stateDirectory: "/state",
    checkpoint: { every: "20ms" },
    bind: {
      readings: generate({ record: reading, count: options.records, splits: 2, recordsPerSecond: 2_000 }),
      totals: jsonl("/out/totals.jsonl"),
      climbs: jsonl("/out/climbs.jsonl"),
    },
  });
}

export function differenceFromReference(machine: Machine, records: number): string {
  const expected = referenceRun(readings.graph, readingInputs(records), { now: Date.UTC(2100, 0, 1) });
  return ["totals", "climbs"]
    .map((port) => compareOutputs(linesOf(machine, `/out/${port}.jsonl`), plain(expected.sinks[port] ?? [])).report)
    .filter((report) => report !== "")
    .join("\n");
}

/** Complete lines of a file, as a reader of the sink takes them. */
function linesOf(machine: Machine, path: string): unknown[] {
  if (machine.volume.stat(path) === null) return [];
  const { content } = machine.volume.file(path, "read");
  const bytes = new Uint8Array(content.length);
  content.read(bytes, 0);
  return new TextDecoder().decode(bytes).split("\n").slice(0, -1).map((line) => JSON.parse(line) as unknown);
}

/** What JSON Lines can show of a record. */
function plain(rows: readonly unknown[]): unknown[] {
  return JSON.parse(JSON.stringify(rows)) as unknown[];
}
