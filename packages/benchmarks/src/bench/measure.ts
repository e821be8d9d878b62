import { jobFacts } from "@tidemark/engine/inspect";
import type { Job } from "@tidemark/engine";
import { Checksum } from "../nexmark/checksum.ts";
import { makeRows } from "../nexmark/binary-rows.ts";
import { openDataset } from "../nexmark/dataset.ts";
import { checksumSink } from "../nexmark/output-sink.ts";
import { QUERIES } from "../nexmark/queries.ts";
import type { NexmarkQuery } from "../nexmark/query.ts";
import { runQuery, sourceBindings, type InputMode } from "../nexmark/run-query.ts";
import { bidColumns } from "./bid-columns.ts";
import { HAND_WRITTEN } from "./hand-written.ts";
import { COLUMNS_READ, copyColumns } from "./memory-copy.ts";
import { runNaive } from "./naive.ts";
import { StallWatch } from "./stall-watch.ts";

/** Who answers the query. */
export type System = "engine" | "hand-written" | "naive" | "memory-copy";

/** One measurement, made in a process of its own. */
export interface Task {
  readonly query: string;
  readonly system: System;
  readonly mode: InputMode;
  /** Events of the data set, of all kinds. */
  readonly events: number;
}

/** What was measured. */
export interface Measurement extends Task {
  /** Records that the query read. */
  readonly records: number;
  /** Of the whole process: task, compiler, garbage collector, checkpoint threads. */
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakRssMb: number;
  /** Keys that the fullest operator held when it was looked at, and its bytes a key; null without state, or if it was over too fast. */
  readonly keys: number | null;
  readonly bytesPerKey: number | null;
  /** Longest and 99th percentile of the delay of the event loop. */
  readonly stallMs: number | null;
  readonly stallP99Ms: number | null;
  readonly outputRows: number;
  readonly checksum: string;
  /** Of a memory copy: bytes of the columns that the query reads, copied once, by wall time; null for others. */
  readonly gigabytesPerSecond: number | null;
}

const LOOK_EVERY_MS = 200;

/** Runs one task in this process. */
export async function measure(task: Task): Promise<Measurement> {
  if (task.system === "memory-copy") return measureCopy(task);
  const checksum = new Checksum();
  if (task.mode === "rows") await makeRows(openDataset({ events: task.events, groupSize: 1 }), queryOf(task).reads);
  const run = prepare(task, checksum);
  const watch = new StallWatch();
  watch.start();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const { records, keys, bytesPerKey } = await run();
  const wallMs = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  const stalls = watch.stop();
  return {
    ...task,
    records,
    cpuMs: (user + system) / 1_000,
    wallMs,
    peakRssMb: process.resourceUsage().maxRSS / 1_024,
    keys,
    bytesPerKey,
    ...(task.system === "engine" ? stalls : { stallMs: null, stallP99Ms: null }),
    outputRows: checksum.rows,
    checksum: checksum.text,
    gigabytesPerSecond: null,
  };
}

/** How fast memory alone would be: the columns that the query reads, copied once. */
function measureCopy(task: Task): Measurement {
  const bids = openDataset({ events: task.events, groupSize: 1 }).table("bids");
  const { bytes, cpuMs, wallMs } = copyColumns(bids, COLUMNS_READ[task.query] ?? []);
  return {
    ...task,
    records: bids.rows,
    cpuMs,
    wallMs,
    peakRssMb: process.resourceUsage().maxRSS / 1_024,
    ...NO_STATE,
    stallMs: null,
    stallP99Ms: null,
    outputRows: 0,
    checksum: "",
    gigabytesPerSecond: bytes / wallMs / 1e6,
  };
}

interface RunFacts {
  readonly records: number;
  readonly keys: number | null;
  readonly bytesPerKey: number | null;
}

const NO_STATE = { keys: null, bytesPerKey: null };

function queryOf({ query: name }: Task): NexmarkQuery {
  const query = QUERIES.find((known) => known.name === name);
  if (query === undefined) throw new Error(`there is no query ${name}`);
  return query;
}

/** Loads what the task reads; what it returns is what is timed. */
function prepare(task: Task, checksum: Checksum): () => Promise<RunFacts> {
  const { query: name, system, mode, events } = task;
  const dataset = openDataset({ events, groupSize: 1 });
  if (system === "naive") {
    return async () => ({ records: await runNaive(name, dataset.jsonLines("bids"), checksum), ...NO_STATE });
  }
  if (system === "hand-written") {
    const bids = bidColumns(dataset.table("bids"));
    const loop = HAND_WRITTEN[name];
    if (loop === undefined) throw new Error(`there is no hand-written loop of ${name}`);
    return () => {
      loop(bids, checksum);
      return Promise.resolve({ records: bids.rows, ...NO_STATE });
    };
  }
  const query = queryOf(task);
  const bind = { ...sourceBindings(query, dataset, mode), result: checksumSink(checksum) };
  return async () => {
    const state = new StateWatch();
    try {
      const records = await runQuery(query, bind, (job) => state.watch(job));
      return { records, keys: state.keys, bytesPerKey: state.bytesPerKey };
    } finally {
      state.end();
    }
  };
}

/** Looks at a job's state now and then, and keeps the operator and moment with the most keys. */
class StateWatch {
  keys: number | null = null;
  bytesPerKey: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  watch(job: Job): void {
    this.#timer = setInterval(() => {
      jobFacts(job).then(
        ({ tasks }) => {
          for (const { keys, stateBytes } of tasks.flatMap(({ operators }) => operators)) {
            if (keys === null || stateBytes === null || keys <= (this.keys ?? 0)) continue;
            this.keys = keys;
            this.bytesPerKey = stateBytes / keys;
          }
        },
        // The job has ended since; what was seen before stands.
        () => this.end(),
      );
    }, LOOK_EVERY_MS);
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
