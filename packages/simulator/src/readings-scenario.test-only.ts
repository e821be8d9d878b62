import { generate, jsonl, type Binding, type JobResult } from "@tidemark/engine";
import { compareOutputs, memorySink, referenceRun } from "@tidemark/engine/testing";
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
  /** Crashes at random steps; default 3. */
  readonly crashes?: number;
  /** What a crash is; default either. */
  readonly crash?: "kill" | "power" | "either";
  /** Default: files on the simulated disk. */
  readonly sinks?: "files" | "memory";
  /** True: each subtask in a thread of its own, everything read from and written to files. Default: all in the calling thread. */
  readonly threads?: boolean;
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
  const { records = 300, crashes = 3, crash = "either", sinks = "files", threads = false, ...rest } = options;
  const simulation = new Simulation(rest);
  const machine = simulation.machine();
  const driver = simulation.choices("driver");
  const outputs = sinks === "files" ? new FileOutputs(machine) : new MemoryOutputs();
  if (threads) writeInput(machine, records);
  const failures: unknown[] = [];
  let outcome: JobResult | null = null;
  let lives = 0;
  for (; outcome === null && lives < LIVES_MAX; lives++) {
    const process = machine.spawn();
    const run = (threads ? startThreads : startReadings)(process, outputs, {
      records,
      parallelism: 1 + driver.integer(3),
    });
    const crashAt = lives < crashes ? simulation.scheduler.steps + 10 + driver.integer(300) : Number.POSITIVE_INFINITY;
    const end = await simulation.run({
      until: () => run.isOver,
      stepsMax: STEPS_MAX,
      onStep: (step) => {
        if (step < crashAt || !process.isAlive) return;
        if (crash === "power" || (crash === "either" && driver.chance(0.5))) machine.losePower();
        else process.kill();
      },
    });
    if (end !== "done")
      throw new Error(`the readings are never finished: ${end} after ${simulation.scheduler.steps} steps`);
    if (run.outcome.kind === "returned") outcome = run.outcome.value;
    if (run.outcome.kind === "failed") failures.push(run.outcome.error);
    process.kill();
  }
  return { simulation, outcome, lives, failures, difference: differenceFromReference(outputs, records) };
}

/** The sinks of the readings, and what a reader sees of them. */
interface Outputs {
  bindings(): Readonly<Record<Port, Binding>>;
  rows(port: Port): readonly unknown[];
}

const PORTS = ["totals", "climbs"] as const;
type Port = (typeof PORTS)[number];

class MemoryOutputs implements Outputs {
  readonly #sinks = { totals: memorySink(), climbs: memorySink() };

  bindings(): Readonly<Record<Port, Binding>> {
    return this.#sinks;
  }

  rows(port: Port): readonly unknown[] {
    return this.#sinks[port].committed;
  }
}

class FileOutputs implements Outputs {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  bindings(): Readonly<Record<Port, Binding>> {
    return { totals: jsonl("/out/totals.jsonl"), climbs: jsonl("/out/climbs.jsonl") };
  }

  /** Complete lines of a file, as a reader of the sink takes them. */
  rows(port: Port): readonly unknown[] {
    const { volume } = this.#machine;
    const path = `/out/${port}.jsonl`;
    if (volume.stat(path) === null) return [];
    const { content } = volume.file(path, "read");
    const bytes = new Uint8Array(content.length);
    content.read(bytes, 0);
    return new TextDecoder().decode(bytes).split("\n").slice(0, -1).map(parsed);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    return { key: "damaged", line, why: String(error) };
  }
}

function startReadings(
  process: SimulatedProcess,
  outputs: Outputs,
  { records, parallelism }: { records: number; parallelism: number },
): PipelineRun {
  return process.start(readings, {
    parallelism,
    stateDirectory: "/state",
    checkpoint: { every: "20ms" },
    bind: {
      readings: generate({ record: reading, count: records, splits: 2, recordsPerSecond: 2_000 }),
      ...outputs.bindings(),
    },
  });
}

const PIPELINE_URL = new URL("readings-pipeline.test-only.ts", import.meta.url);

/** The same, each subtask in a thread. The module is loaded already, so that loading it takes no time that nobody controls. */
function startThreads(process: SimulatedProcess, _: Outputs, { parallelism }: { parallelism: number }): PipelineRun {
  return process.start(PIPELINE_URL, {
    parallelism,
    stateDirectory: "/state",
    checkpoint: { every: "20ms" },
    bind: { readings: "jsonl:/in/*.jsonl", totals: "jsonl:/out/totals.jsonl", climbs: "jsonl:/out/climbs.jsonl" },
  });
}

/** The readings as files, one a split, there since long ago. */
function writeInput({ volume }: Machine, records: number): void {
  volume.makeDirectory("/in");
  for (const split of [0, 1]) {
    const lines = Array.from({ length: records }, (_, index) => index)
      .filter((index) => index % 2 === split)
      .map((index) => `${JSON.stringify(reading(index))}\n`);
    volume.openWrite(`/in/${split}.jsonl`, "create", "write").content.append(new TextEncoder().encode(lines.join("")));
  }
  volume.syncAll();
}

function differenceFromReference(outputs: Outputs, records: number): string {
  const expected = referenceRun(readings.graph, readingInputs(records), { now: Date.UTC(2100, 0, 1) });
  return PORTS.map((port) => compareOutputs(plain(outputs.rows(port)), plain(expected.sinks[port] ?? [])).report)
    .filter((report) => report !== "")
    .join("\n");
}

/** What JSON Lines can show of a record. */
function plain(rows: readonly unknown[]): unknown[] {
  return JSON.parse(JSON.stringify(rows)) as unknown[];
}
