import { start, type Job, type JobResult, type Pipeline, type StartOptions } from "@tidemark/engine";
import type { Host } from "@tidemark/engine/host";
import type { Life } from "./life.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimulatedStreams } from "./simulated-streams.ts";

/** What a process came to, so far. */
export type ProcessOutcome<T> =
  | { readonly kind: "running" }
  | { readonly kind: "returned"; readonly value: T }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "killed" };

/** A program that runs in a simulated process. */
export interface ProcessRun<T> {
  readonly outcome: ProcessOutcome<T>;
  /** True once nothing more will come of it: returned, failed or killed. */
  readonly isOver: boolean;
}

/** A pipeline that runs in a simulated process. */
export interface PipelineRun extends ProcessRun<JobResult> {
  /** Null before it was started, and if there was nothing left to do. */
  readonly job: Job | null;
}

export interface SimulatedProcessOptions {
  readonly life: Life;
  readonly host: Host;
  readonly scheduler: Scheduler;
  readonly streams: SimulatedStreams;
  /** Ends lives; what they had in flight is decided. */
  readonly end: (life: Life) => void;
}

/**
 * A process on a simulated machine. Everything it does goes through its host. Killed, it does nothing any more: what it waits for never comes,
 * and none of its code can tidy up.
 */
export class SimulatedProcess {
  readonly host: Host;
  readonly #options: SimulatedProcessOptions;
  #crash: { readonly error: unknown } | null = null;

  constructor(options: SimulatedProcessOptions) {
    this.host = options.host;
    this.#options = options;
  }

  get name(): string {
    return this.#options.life.name;
  }

  get isAlive(): boolean {
    return this.#options.life.isAlive;
  }

  get isPaused(): boolean {
    return this.isAlive && this.#options.life.isPaused;
  }

  /** Standard input to feed, standard output and error to read. */
  get console(): SimulatedStreams {
    return this.#options.streams;
  }

  /** Runs a program; its failure is in the outcome and rejects nothing. */
  run<T>(main: (host: Host) => Promise<T>): ProcessRun<T> {
    let outcome: ProcessOutcome<T> = { kind: "running" };
    const settle = (settled: ProcessOutcome<T>): void => {
      if (!this.isAlive) return;
      outcome = settled;
      this.#options.scheduler.note(
        "end",
        this.name,
        settled.kind === "failed" ? `failed: ${String(settled.error)}` : settled.kind,
      );
    };
    main(this.host).then(
      (value) => {
        settle({ kind: "returned", value });
      },
      (error: unknown) => {
        settle({ kind: "failed", error });
      },
    );
    const current = (): ProcessOutcome<T> => {
      if (outcome.kind !== "running") return outcome;
      if (this.#crash !== null) return { kind: "failed", error: this.#crash.error };
      return this.isAlive ? outcome : { kind: "killed" };
    };
    return {
      get outcome() {
        return current();
      },
      get isOver() {
        return current().kind !== "running";
      },
    };
  }

  /** Runs a pipeline as an embedding program would, to its end. */
  start(pipeline: Pipeline | URL | string, options: Omit<StartOptions, "host"> = {}): PipelineRun {
    let job: Job | null = null;
    const run = this.run(async (host) => {
      const started = await start(pipeline, { ...options, host });
      job = started.job;
      return started.result;
    });
    return {
      get outcome() {
        return run.outcome;
      },
      get isOver() {
        return run.isOver;
      },
      get job() {
        return job;
      },
    };
  }

  /** SIGKILL: memory is lost, what was written to files stays, calls in flight may have happened or not. */
  kill(): void {
    if (!this.isAlive) return;
    this.#options.scheduler.note("kill", this.name, "killed");
    this.#options.end(this.#options.life);
  }

  /** Something threw where nothing catches it: the process ends, as a real one does. */
  crash(error: unknown): void {
    if (!this.isAlive) return;
    this.#crash = { error };
    this.#options.scheduler.note("crash", this.name, String(error));
    this.#options.end(this.#options.life);
  }

  /** SIGSTOP: nothing happens in it, and it keeps its locks, until it is resumed: then it goes on as if no time had passed. */
  pause(): void {
    this.#options.life.pause();
    this.#options.scheduler.note("pause", this.name, "paused");
    this.#options.scheduler.reconsider();
  }

  resume(): void {
    this.#options.life.resume();
    this.#options.scheduler.note("resume", this.name, "resumed");
    this.#options.scheduler.reconsider();
  }
}
