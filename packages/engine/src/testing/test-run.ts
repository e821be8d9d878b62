import { memorySink, type MemoryRow, type MemorySink } from "../connector/memory-sink.ts";
import { script, type Script, type ScriptElement } from "../connector/script.ts";
import type { Pipeline } from "../dsl/pipeline.ts";
import { durationMs, type Duration } from "../foundation/duration.ts";
import { TidemarkError } from "../foundation/error.ts";
import { graphPorts } from "../graph/graph-ports.ts";
import { DEAD_LETTER_PORT } from "../graph/logical-graph.ts";
import type { FailpointName } from "../host/host.ts";
import type { TaskFacts } from "../job/worker-protocol.ts";
import { start, type Started } from "../run/start.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import type { SnapshotRule } from "../state/memory/snapshot-series.ts";
import { CrashSignal } from "./memory-host-life.ts";
import { memoryHost, type MemoryHost } from "./memory-host.ts";

export interface TestRunOptions {
  /** Subtasks of every step; default 1. */
  readonly parallelism?: number;
  /** Seed of everything that is random in the run; default 1. */
  readonly seed?: number;
  /** Wall clock at the start, epoch ms; it moves by `advanceClock` alone. Default: the year 2100. */
  readonly now?: number;
  /** Splits of a source port; default 1. */
  readonly splits?: Readonly<Record<string, number>>;
}

const STATE_DIRECTORY = "/state";
/** Tests have little state; what changed is written alone all the same, so that restores from that are tested. */
const RARELY_WHOLE: SnapshotRule = { wholeBelowKeys: 0, changedShareMax: 1, changesMax: 3, changesBytesMax: 10 };

/**
 * Starts a pipeline in this thread, on a machine in memory, with debug checks: sources are scripted, sinks keep records. No
 * time passes and no checkpoint is taken unless the test says so. Works in any test runner.
 */
export async function testRun(pipeline: Pipeline, options: TestRunOptions = {}): Promise<TestRun> {
  const { parallelism = 1, seed = 1, now, splits = {} } = options;
  const run = new TestRun(pipeline, memoryHost({ seed, ...(now === undefined ? {} : { startAt: now }) }), splits);
  await run.restart(parallelism);
  return run;
}

/**
 * A pipeline under test. Every call settles when the engine has done all that follows from it without time passing, and rejects
 * with the error of a job that failed.
 */
export class TestRun {
  readonly #pipeline: Pipeline;
  readonly #sources: ReadonlyMap<string, Script>;
  readonly #splits: ReadonlyMap<string, number>;
  readonly #sinks: ReadonlyMap<string, MemorySink>;
  #host: MemoryHost;
  #started: Started | null = null;
  #parallelism = 1;
  #failure: { readonly error: unknown } | null = null;
  #hasEnded = false;

  /** Use {@link testRun}. */
  constructor(pipeline: Pipeline, host: MemoryHost, splits: Readonly<Record<string, number>>) {
    this.#pipeline = pipeline;
    this.#host = host;
    const ports = graphPorts(pipeline.graph);
    this.#splits = new Map(ports.sources.map((port) => [port, splits[port] ?? 1]));
    this.#sources = new Map([...this.#splits].map(([port, count]) => [port, script(emptySplits(count))]));
    this.#sinks = new Map(ports.sinks.map((port) => [port, memorySink()]));
  }

  /** Committed records by sink port, in order of committing; "end" and "checkpoint" commit. */
  get sinks(): Readonly<Record<string, readonly unknown[]>> {
    return this.#perSink((sink) => sink.committed);
  }

  /** Committed records with event time and kind of change, by sink port. */
  get rows(): Readonly<Record<string, readonly MemoryRow[]>> {
    return this.#perSink((sink) => sink.committedRows);
  }

  /** Every record written so far, by sink port: also what is not committed yet, and what a crash undid. */
  get written(): Readonly<Record<string, readonly unknown[]>> {
    return this.#perSink((sink) => sink.written);
  }

  /** Committed records of port "dead-letters". */
  get deadLetters(): readonly unknown[] {
    return this.#sinks.get(DEAD_LETTER_PORT)?.committed ?? [];
  }

  /** Wall clock of the run, epoch ms. */
  get now(): number {
    return this.#host.clock.now();
  }

  /** Gives records to a source, to its first split. */
  async send(port: string, ...records: readonly unknown[]): Promise<void> {
    await this.play(port, 0, ...records.map((record) => ({ record })));
  }

  /** Plays steps of a script on one split of a source: records, malformed texts, watermarks, waits. */
  async play(port: string, split: number, ...elements: readonly ScriptElement[]): Promise<void> {
    this.#source(port).append(String(split), ...elements);
    await this.settle();
  }

  /** Says that no record at or before `eventTime` is to come: of one source port, or of all. */
  async advanceTo(eventTime: number): Promise<void>;
  async advanceTo(port: string, eventTime: number): Promise<void>;
  async advanceTo(...given: readonly [number] | readonly [string, number]): Promise<void> {
    const [ports, watermark] = given.length === 1 ? [[...this.#sources.keys()], given[0]] : [[given[0]], given[1]];
    for (const port of ports) this.#append(port, { watermark });
    await this.settle();
  }

  /** Moves the wall clock on, stopping wherever something is due. */
  async advanceClock(by: Duration): Promise<void> {
    await this.#host.advance(durationMs(by, "advanceClock"));
    this.#check();
  }

  /** Takes a checkpoint; resolves when its outputs are committed. */
  async checkpoint(): Promise<void> {
    const { job } = this.#running();
    if (job !== null) await this.#host.runUntil(job.checkpoint());
    await this.settle();
  }

  /**
   * The power fails: everything that is not durable is gone. Starts again from the newest checkpoint, at another parallelism if
   * asked to. With `during`, a checkpoint is taken first, and fails at that step of it, if it gets there.
   */
  async crash(options: { readonly parallelism?: number; readonly during?: FailpointName } = {}): Promise<void> {
    if (options.during !== undefined) await this.#checkpointUntil(options.during);
    this.#host = this.#host.crash();
    await this.restart(options.parallelism ?? this.#parallelism);
  }

  /** Ends every source; resolves when all that follows is committed. */
  async end(): Promise<void> {
    if (!this.#hasEnded) for (const port of this.#sources.keys()) this.#append(port, "end");
    this.#hasEnded = true;
    await this.#host.runUntil(this.#running().result);
  }

  /** Stops the job with a last checkpoint. A test that leaves a run alone need not. */
  async stop(): Promise<void> {
    const { job } = this.#running();
    if (job !== null) await this.#host.runUntil(job.stop());
  }

  /** Where every task stands: counts, watermarks and what holds them back. */
  async facts(): Promise<readonly TaskFacts[]> {
    const { job } = this.#running();
    return job === null ? [] : this.#host.runUntil(job.facts());
  }

  /** Waits until nothing more happens without time passing. */
  async settle(): Promise<void> {
    await this.#host.settle();
    this.#check();
  }

  /** Starts the job on the run's machine; `crash` and `testRun` do. */
  async restart(parallelism: number): Promise<void> {
    this.#parallelism = parallelism;
    this.#failure = null;
    const started = await this.#host.runUntil(
      start(this.#pipeline, {
        host: this.#host,
        bind: Object.fromEntries([...this.#sources, ...this.#sinks]),
        parallelism,
        stateDirectory: STATE_DIRECTORY,
        checkpoint: { every: "manual" },
        debug: true,
        backend: memoryBackend({ snapshots: RARELY_WHOLE }),
      }),
    );
    this.#started = started;
    started.result.catch((error: unknown) => {
      // A job that a crash has left behind fails in its own time; only the running one's failure counts.
      if (this.#started === started) this.#failure = { error };
    });
    await this.settle();
  }

  async #checkpointUntil(step: FailpointName): Promise<void> {
    const { job } = this.#running();
    const host = this.#host;
    host.onFailpoint = (name) => {
      if (name === step) throw new CrashSignal(`the test crashed it at ${step}`);
    };
    // Of a process that has died nothing more is heard; one that lives has its checkpoint.
    job?.checkpoint().catch(() => undefined);
    await host.settle();
    host.onFailpoint = () => {};
  }

  #running(): Started {
    this.#check();
    if (this.#started === null)
      throw new TidemarkError("TM_STOPPED", "the test run was not started; use testRun(pipeline)");
    return this.#started;
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  #append(port: string, element: ScriptElement): void {
    const count = this.#splits.get(port) ?? 0;
    for (let split = 0; split < count; split++) this.#source(port).append(String(split), element);
  }

  #source(port: string): Script {
    const source = this.#sources.get(port);
    if (source !== undefined) return source;
    throw new TidemarkError("TM_NOT_FOUND", `pipeline "${this.#pipeline.name}" has no source port "${port}"`, {
      facts: { ports: [...this.#sources.keys()].join(", ") },
    });
  }

  #perSink<V>(of: (sink: MemorySink) => V): Readonly<Record<string, V>> {
    return Object.fromEntries(
      [...this.#sinks].filter(([port]) => port !== DEAD_LETTER_PORT).map(([port, sink]) => [port, of(sink)]),
    );
  }
}

function emptySplits(count: number): Record<string, readonly ScriptElement[]> {
  return Object.fromEntries(Array.from({ length: count }, (_, split) => [String(split), []]));
}
