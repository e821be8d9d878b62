import { TidemarkError } from "../foundation/error.ts";
import type { CheckpointStore } from "../checkpoint/checkpoint-store.ts";
import type { Manifest } from "../checkpoint/manifest.ts";
import { fingerprintOf } from "../graph/fingerprint.ts";
import {
  CheckpointCoordinator,
  type CheckpointReason,
  type CheckpointSummary,
  type CommittedSink,
} from "./checkpoint-coordinator.ts";
import type { JobOptions, JobResult } from "./job-options.ts";
import type { StepTime } from "../task/self-times.ts";
import { assignSplits, type DiscoveredSource } from "./restore-plan.ts";
import type { TaskFacts, WorkerHandle, WorkerReport } from "./worker-protocol.ts";

/**
 * A running job. Life: opening → restoring → running → (input ended | stop asked) → last checkpoint → closed; any error goes to failed
 * from every phase, after which nothing more is committed.
 */
export class Job {
  /** How it ended; rejects with what failed it. Await it. */
  readonly result: Promise<JobResult>;
  readonly #options: JobOptions;
  readonly #store: CheckpointStore;
  readonly #sinks: readonly CommittedSink[];
  readonly #handles: WorkerHandle[] = [];
  readonly #reports = new Map<number, WorkerStatus>();
  readonly #settled = Promise.withResolvers<JobResult>();
  #coordinator: CheckpointCoordinator | null = null;
  #cancelInterval: () => void = () => undefined;
  #phase: "restoring" | "running" | "ending" | "closed" | "failed" = "restoring";
  readonly #ready = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #factsWanted: {
    readonly facts: Map<number, readonly TaskFacts[]>;
    readonly done: PromiseWithResolvers<readonly TaskFacts[]>;
  } | null = null;
  readonly #history: CheckpointSummary[] = [];
  /** By worker, as each told last. */
  readonly #times = new Map<number, readonly StepTime[]>();

  constructor(options: JobOptions, store: CheckpointStore, sinks: readonly CommittedSink[]) {
    this.#options = options;
    this.#store = store;
    this.#sinks = sinks;
    this.result = this.#settled.promise;
    // Whoever started the job awaits `result`; until then a failure must not take the process down.
    this.result.catch(() => undefined);
  }

  /** Checkpoints of this run, oldest first, at most 1,000. */
  get checkpoints(): readonly CheckpointSummary[] {
    return this.#history;
  }

  /** Where the time of each worker went, as they told last: at `facts`, and when they stopped. */
  get times(): readonly (readonly StepTime[])[] {
    return [...this.#times.values()];
  }

  get epoch(): number {
    return this.#store.epoch;
  }

  /** Starts workers from `manifest` (null: from the beginning) and lets them go. */
  async open(manifest: Manifest | null, sources: readonly DiscoveredSource[]): Promise<void> {
    try {
      await this.#open(manifest, sources);
    } catch (error) {
      await this.#fail(error);
      // Settles once everything is let go of, so that the state directory is free when the start has failed.
      await this.result.catch(() => undefined);
      throw error;
    }
  }

  async #open(manifest: Manifest | null, sources: readonly DiscoveredSource[]): Promise<void> {
    const { host, graph, physical, settings, workers, startWorker } = this.#options;
    const splits = assignSplits(sources, manifest, settings.parallelism);
    this.#coordinator = new CheckpointCoordinator({
      host,
      store: this.#store,
      job: graph.name,
      graphFingerprint: fingerprintOf(graph),
      keyGroupBits: settings.keyGroupBits,
      parallelism: settings.parallelism,
      participants: physical.tasks.length * settings.parallelism,
      sinks: this.#sinks,
      retained: settings.retained,
      inject: (checkpoint) => {
        this.#broadcast({ kind: "barrier", checkpoint });
      },
    });
    for (const [index, subtasks] of workers.entries()) {
      this.#reports.set(index, { ready: false, ended: false, stopped: false });
      const start = {
        subtasks,
        parallelism: settings.parallelism,
        keyGroupBits: settings.keyGroupBits,
        epoch: this.#store.epoch,
        stateDirectory: settings.stateDirectory,
        compress: settings.compress,
        debug: settings.debug,
        onError: graph.onError,
        splits: splits.filter(({ subtask }) => subtasks.includes(subtask)),
        restore:
          manifest === null
            ? null
            : {
                checkpoint: manifest.checkpoint,
                segments: manifest.segments,
                operators: manifest.operators,
                watermarks: manifest.watermarks,
              },
      };
      this.#handles.push(
        startWorker(index, start, (report) => {
          this.#onReport(index, report);
        }),
      );
    }
    await this.#ready.promise;
    this.#phase = "running";
    this.#broadcast({ kind: "go" });
    this.#options.onEvent({ kind: "started", fresh: manifest === null });
    this.#scheduleCheckpoint();
  }

  /** Takes a checkpoint now; resolves when its outputs are visible. Rejects with TM_STOPPED once the job is ending. */
  async checkpoint(): Promise<CheckpointSummary> {
    // Its workers stop behind the last checkpoint: nobody would acknowledge another one.
    if (this.#phase === "ending" || this.#phase === "closed") {
      throw new TidemarkError("TM_STOPPED", "the job is taking its last checkpoint or has ended; no other one follows");
    }
    return this.#takeCheckpoint("request");
  }

  /** Takes a last checkpoint and ends; the job resumes from there when it is started again. */
  async stop(): Promise<JobResult> {
    if (this.#phase === "running") {
      this.#phase = "ending";
      this.#cancelInterval();
      await this.#finish("stop");
    }
    return this.result;
  }

  /** Ends at once, as a crash would: nothing after the newest checkpoint survives. The result rejects with TM_STOPPED. */
  async kill(): Promise<void> {
    await this.#fail(new TidemarkError("TM_STOPPED", "the job was killed on request"));
  }

  /** Where every task stands now. */
  async facts(): Promise<readonly TaskFacts[]> {
    if (this.#phase !== "running" && this.#phase !== "ending") return [];
    if (this.#factsWanted !== null) return this.#factsWanted.done.promise;
    const wanted = {
      facts: new Map<number, readonly TaskFacts[]>(),
      done: Promise.withResolvers<readonly TaskFacts[]>(),
    };
    this.#factsWanted = wanted;
    // A worker in this thread may answer before this returns.
    this.#broadcast({ kind: "facts" });
    return wanted.done.promise;
  }

  #onReport(index: number, report: WorkerReport): void {
    const status = this.#reports.get(index) as WorkerStatus;
    const all = (what: keyof WorkerStatus): boolean => [...this.#reports.values()].every((each) => each[what]);
    switch (report.kind) {
      case "ready":
        status.ready = true;
        if (all("ready")) this.#ready.resolve();
        return;
      case "acknowledge":
        if (this.#phase === "failed") return;
        this.#coordinator?.acknowledge(report.acknowledgement);
        return;
      case "ended":
        status.ended = true;
        if (all("ended")) this.#onInputEnded();
        return;
      case "facts":
        this.#times.set(index, report.times);
        this.#onFacts(index, report.facts);
        return;
      case "stopped":
        this.#times.set(index, report.times);
        status.stopped = true;
        if (all("stopped")) this.#stopped.resolve();
        return;
      case "failed":
        void this.#fail(report.error);
        return;
    }
  }

  #onFacts(index: number, facts: readonly TaskFacts[]): void {
    const wanted = this.#factsWanted;
    if (wanted === null) return;
    wanted.facts.set(index, facts);
    if (wanted.facts.size < this.#handles.length) return;
    this.#factsWanted = null;
    wanted.done.resolve([...wanted.facts.values()].flat());
  }

  #onInputEnded(): void {
    if (this.#phase !== "running") return;
    this.#phase = "ending";
    this.#cancelInterval();
    this.#options.onEvent({ kind: "input-ended" });
    void this.#finish("end of input");
  }

  /** Last checkpoint, then an orderly end. Never rejects: a failure settles the result. */
  async #finish(reason: CheckpointReason): Promise<void> {
    try {
      const summary = await this.#takeCheckpoint(reason);
      this.#broadcast({ kind: "stop" });
      await this.#stopped.promise;
      this.#phase = "closed";
      this.#factsWanted?.done.resolve([]);
      await this.#release();
      this.#settled.resolve({
        outcome: summary.finished ? "finished" : "stopped",
        checkpoint: summary.checkpoint,
        records: summary.records,
      });
    } catch (error) {
      await this.#fail(error);
    }
  }

  #scheduleCheckpoint(): void {
    const { host, settings } = this.#options;
    if (this.#phase !== "running" || settings.checkpointIntervalMs === Infinity) return;
    this.#cancelInterval = host.timers.after(settings.checkpointIntervalMs, () => {
      this.#takeCheckpoint("interval").then(
        () => {
          this.#scheduleCheckpoint();
        },
        (error: unknown) => this.#fail(error),
      );
    });
  }

  async #takeCheckpoint(reason: CheckpointReason): Promise<CheckpointSummary> {
    if (this.#coordinator === null) throw new TidemarkError("TM_STOPPED", "the job is not running");
    const summary = await this.#coordinator.take(reason);
    this.#history.push(summary);
    if (this.#history.length > 1_000) this.#history.shift();
    this.#options.onEvent({ kind: "checkpoint", summary });
    return summary;
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#phase === "failed" || this.#phase === "closed") return;
    this.#phase = "failed";
    this.#cancelInterval();
    const aborted = this.#coordinator?.abort(error);
    this.#ready.reject(error);
    this.#stopped.reject(error);
    this.#ready.promise.catch(() => undefined);
    this.#stopped.promise.catch(() => undefined);
    this.#factsWanted?.done.resolve([]);
    try {
      await Promise.all(this.#handles.map((handle) => handle.terminate()));
      // A commit under way writes to the sinks; their files and the state directory are the job's until it is through.
      await aborted;
      await this.#release();
    } catch {
      // The job is reported with what failed it; that more breaks on its way out (of a machine that is gone, say) adds nothing.
    } finally {
      this.#settled.reject(error);
    }
  }

  async #release(): Promise<void> {
    for (const { committer } of this.#sinks) await committer.close();
    await this.#store.close();
  }

  #broadcast(command: Parameters<WorkerHandle["command"]>[0]): void {
    for (const handle of this.#handles) handle.command(command);
  }
}

interface WorkerStatus {
  ready: boolean;
  ended: boolean;
  stopped: boolean;
}
