import { openDataset } from "../nexmark/dataset.ts";
import { QUERIES } from "../nexmark/queries.ts";
import { INPUT_MODES, type InputMode } from "../nexmark/run-query.ts";
import { HAND_WRITTEN } from "./hand-written.ts";
import { inProcess } from "./measure-process.ts";
import { COLUMNS_READ } from "./memory-copy.ts";
import type { Measurement, System, Task } from "./measure.ts";
import { median } from "./median.ts";
import { NAIVE } from "./naive.ts";

/** What a run of the bench covers. */
export interface NexmarkOptions {
  readonly events: number;
  readonly rounds: number;
  readonly queries: readonly string[];
  readonly modes: readonly InputMode[];
}

/** One line of the results: medians over the rounds. */
export interface ResultRow extends Measurement {
  /** Records read per CPU-second of the process. */
  readonly recordsPerCpuSecond: number;
  /** The same over that of the limit beside it (columns: the hand-written loop, jsonl: the naive program); null where there is none. */
  readonly ofLimit: number | null;
}

/** Progress of a long run, for a person who waits. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly task: Task;
}

/** Nobody writes binary rows by hand. */
const LIMIT_OF: Readonly<Record<InputMode, System | null>> = { columns: "hand-written", rows: null, jsonl: "naive" };

/** The options as given, with queries and modes that are left out filled in; throws for names that there are not. */
export function nexmarkOptions(given: Partial<NexmarkOptions>): NexmarkOptions {
  const known = QUERIES.map(({ name }) => name);
  const { events = 1_000_000, rounds = 3, queries = known, modes = INPUT_MODES } = given;
  for (const name of queries) {
    if (!known.includes(name)) throw new RangeError(`there is no query ${name}; there are ${known.join(", ")}`);
  }
  for (const [name, value] of Object.entries({ events, rounds })) {
    if (!(Number.isSafeInteger(value) && value > 0)) throw new RangeError(`${name} must be a whole number above 0`);
  }
  return { events, rounds, queries, modes };
}

/** Measures everything, the engine and its limits in turn within each round, and sums up. */
export async function benchNexmark(
  options: NexmarkOptions,
  onProgress: (progress: Progress) => void,
): Promise<readonly ResultRow[]> {
  const { events, rounds, queries, modes } = options;
  const tasks = queries.flatMap((query) =>
    modes.flatMap((mode) => systemsOf(query, mode).map((system): Task => ({ query, system, mode, events }))),
  );
  openDataset({ events, groupSize: 1 });
  const measured = new Map<Task, Measurement[]>(tasks.map((task) => [task, []]));
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (const task of tasks) {
      onProgress({ done: done++, total: tasks.length * rounds, task });
      measured.get(task)?.push(await inProcess<Measurement>(task));
    }
  }
  const rows = tasks.map((task) => summary(measured.get(task) ?? []));
  return rows.map((row) => {
    const limit = rows.find(
      ({ query, mode, system }) => query === row.query && mode === row.mode && system === LIMIT_OF[row.mode],
    );
    const ofLimit =
      row.system === "engine" && limit !== undefined ? row.recordsPerCpuSecond / limit.recordsPerCpuSecond : null;
    return { ...row, ofLimit };
  });
}

function systemsOf(query: string, mode: InputMode): readonly System[] {
  const limit = LIMIT_OF[mode];
  const hasLimit = Object.hasOwn(mode === "columns" ? HAND_WRITTEN : NAIVE, query);
  const systems: System[] = limit !== null && hasLimit ? ["engine", limit] : ["engine"];
  if (mode === "columns" && Object.hasOwn(COLUMNS_READ, query)) systems.push("memory-copy");
  return systems;
}

function summary(runs: readonly Measurement[]): ResultRow {
  const [first] = runs;
  if (first === undefined) throw new Error("nothing was measured");
  const of = (pick: (run: Measurement) => number): number => median(runs.map(pick));
  const ofSome = (pick: (run: Measurement) => number | null): number | null => {
    const known = runs.map(pick).filter((value) => value !== null);
    return known.length === 0 ? null : median(known);
  };
  const cpuMs = of((run) => run.cpuMs);
  return {
    ...first,
    cpuMs,
    wallMs: of((run) => run.wallMs),
    peakRssMb: of((run) => run.peakRssMb),
    keys: ofSome((run) => run.keys),
    bytesPerKey: ofSome((run) => run.bytesPerKey),
    stallMs: ofSome((run) => run.stallMs),
    stallP99Ms: ofSome((run) => run.stallP99Ms),
    gigabytesPerSecond: ofSome((run) => run.gigabytesPerSecond),
    // A checksum that is not always the same is shown as such: the output depends on the wall clock or on how sources interleave.
    checksum: runs.every(({ checksum }) => checksum === first.checksum) ? first.checksum : "varies",
    recordsPerCpuSecond: (first.records / cpuMs) * 1_000,
    ofLimit: null,
  };
}
