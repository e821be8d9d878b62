import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { count, max, min, pipeline, start, state, sum, type Job, type Pipeline } from "@tidemark/engine";
import { jobFacts } from "@tidemark/engine/inspect";
import { z } from "zod";
import { Checksum } from "../nexmark/checksum.ts";
import { checksumSink } from "../nexmark/output-sink.ts";
import { atMost, type Bar } from "./bars.ts";
import { KeyedSource } from "./keyed-source.ts";
import { inProcess } from "./measure-process.ts";
import { StallWatch, type Stalls } from "./stall-watch.ts";

/** What is kept for a key: 32 bytes in a value state, or in four aggregates. */
export const KEPT = ["value", "aggregate"] as const;
export type Kept = (typeof KEPT)[number];

/** One measurement, in a process of its own: keys of 20 bytes are filled in, then updated at random. */
export interface KeysTask {
  readonly bench: "keys";
  readonly kept: Kept;
  readonly keys: number;
}

/** One phase of it; a line of the results. */
export interface KeysRow extends KeysTask, Stalls {
  readonly phase: "fill" | "update";
  readonly records: number;
  readonly recordsPerCpuSecond: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Checkpoints that were finished meanwhile. */
  readonly checkpoints: number;
  /** What the process grew by since the first record, after a garbage collection, with no checkpoint under way. */
  readonly rssBytesPerKey: number;
  /** The backend's own estimate. */
  readonly stateBytesPerKey: number | null;
  /** Of the process so far. */
  readonly peakRssMb: number;
}

export interface KeysOptions {
  readonly keys: number;
}

const Entry = z.object({ key: z.string(), amount: z.number() });
const Totals = z.object({ n: z.number(), sum: z.number(), least: z.number(), most: z.number() });
const BYTES_PER_KEY_MAX = 100;
const STALL_P99_MS_MAX = 10;

/** Totals of each key, as a value of the user's. */
const VALUE = pipeline("value", (p) => {
  p.source("entries", Entry, { trust: true })
    .keyBy((entry) => entry.key)
    .process("totals", {
      emits: Totals,
      state: { totals: state.value(Totals) },
      onRecord({ amount }, c) {
        const before = c.state.totals.get();
        if (before === undefined) c.state.totals.set({ n: 1, sum: amount, least: amount, most: amount });
        else {
          const { n, sum: all, least, most } = before;
          c.state.totals.set({
            n: n + 1,
            sum: all + amount,
            least: Math.min(least, amount),
            most: Math.max(most, amount),
          });
        }
      },
    })
    .to(p.sink("result"));
});

/** The same as aggregates, each change of which goes out. */
const AGGREGATE = pipeline("aggregate", (p) => {
  p.source("entries", Entry, { trust: true })
    .keyBy((entry) => entry.key)
    .aggregate("totals", {
      n: count(),
      sum: sum((entry) => entry.amount),
      least: min((entry) => entry.amount),
      most: max((entry) => entry.amount),
    })
    .to(p.sink("result"));
});

const PIPELINES: Readonly<Record<Kept, Pipeline>> = { value: VALUE, aggregate: AGGREGATE };

export async function benchKeys(
  { keys }: KeysOptions,
  onProgress: (progress: { done: number; total: number; what: string }) => void,
): Promise<readonly KeysRow[]> {
  const rows: KeysRow[] = [];
  for (const [done, kept] of KEPT.entries()) {
    onProgress({ done, total: KEPT.length, what: `${keys} keys, ${kept}` });
    rows.push(...(await inProcess<readonly KeysRow[]>({ bench: "keys", kept, keys } satisfies KeysTask)));
  }
  return rows;
}

export function keysBars(rows: readonly KeysRow[]): Bar[] {
  return rows.flatMap(({ kept, phase, rssBytesPerKey, stateBytesPerKey, stallP99Ms }) => {
    const of = `${kept}, ${phase}`;
    return [
      atMost("bytes a key, of the process", of, rssBytesPerKey, BYTES_PER_KEY_MAX),
      ...(stateBytesPerKey === null
        ? []
        : [atMost("bytes a key, by the backend", of, stateBytesPerKey, BYTES_PER_KEY_MAX)]),
      atMost("stall p99, ms", of, stallP99Ms, STALL_P99_MS_MAX),
    ];
  });
}

/** Runs one task in this process. */
export async function measureKeys(task: KeysTask): Promise<readonly KeysRow[]> {
  const { kept, keys } = task;
  const source = new KeyedSource({ keys, updates: keys });
  const stateDirectory = mkdtempSync(join(tmpdir(), "keys-"));
  try {
    const { job, result } = await start(PIPELINES[kept], {
      bind: { entries: source.binding, result: checksumSink(new Checksum()) },
      stateDirectory,
      checkpoint: { every: "1s" },
    });
    if (job === null) throw new Error("there is nothing to run");
    await source.begun.promise;
    const meter = new PhaseMeter(task, job);
    const fill = await meter.phase("fill", source.filled.promise);
    const updating = meter.phase("update", source.drained.promise);
    source.release();
    const update = await updating;
    source.end();
    await result;
    return [fill, update];
  } finally {
    rmSync(stateDirectory, { recursive: true, force: true });
  }
}

/** Measures the phases of a job one after the other. */
class PhaseMeter {
  readonly #task: KeysTask;
  readonly #job: Job;
  readonly #rssBefore = process.memoryUsage.rss();
  readonly #stalls = new StallWatch();

  constructor(task: KeysTask, job: Job) {
    this.#task = task;
    this.#job = job;
  }

  /** From now until `over`; what memory holds is looked at in the quiet behind it. */
  async phase(phase: KeysRow["phase"], over: Promise<void>): Promise<KeysRow> {
    const checkpointsBefore = this.#job.checkpoints.length;
    const cpu = process.cpuUsage();
    const begun = performance.now();
    this.#stalls.start();
    await over;
    const stalls = this.#stalls.stop();
    const wallMs = performance.now() - begun;
    const { user, system } = process.cpuUsage(cpu);
    const cpuMs = (user + system) / 1_000;
    const checkpoints = this.#job.checkpoints.length - checkpointsBefore;
    const { keys } = this.#task;
    const rss = await this.#quietRss();
    const { tasks } = await jobFacts(this.#job);
    const state = tasks.flatMap(({ operators }) => operators).find(({ name }) => name === "totals");
    return {
      ...this.#task,
      ...stalls,
      phase,
      records: keys,
      recordsPerCpuSecond: (keys / cpuMs) * 1_000,
      cpuMs,
      wallMs,
      checkpoints,
      rssBytesPerKey: (rss - this.#rssBefore) / keys,
      stateBytesPerKey: state?.stateBytes == null ? null : state.stateBytes / keys,
      peakRssMb: process.resourceUsage().maxRSS / 1_024,
    };
  }

  /** Resident bytes when no checkpoint is being written: the job takes the next one a second after the last. */
  async #quietRss(): Promise<number> {
    await this.#job.checkpoint();
    // Buffers that have been let go of are returned a little later.
    globalThis.gc?.();
    await sleep(100);
    globalThis.gc?.();
    return process.memoryUsage.rss();
  }
}
