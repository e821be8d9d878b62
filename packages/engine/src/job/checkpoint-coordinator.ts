import { assert } from "../foundation/assert.ts";
import type { CommitPermit } from "../foundation/commit-permit.ts";
import type { Json } from "../foundation/json.ts";
import type { Host } from "../host/host.ts";
import { checkpointOfSegment } from "../checkpoint/checkpoint-files.ts";
import type { CheckpointStore } from "../checkpoint/checkpoint-store.ts";
import {
  FORMAT_VERSION,
  type Manifest,
  type OperatorStates,
  type SegmentDescriptor,
  type SinkCommitState,
} from "../checkpoint/manifest.ts";
import type { PreparedOutput, SinkCommitter } from "../connector/sink-connector.ts";
import { MAX_WATERMARK, NO_WATERMARK } from "../time/watermark.ts";
import type { Acknowledgement } from "./worker-protocol.ts";

/** Why a checkpoint was taken. */
export type CheckpointReason = "interval" | "request" | "stop" | "end of input";

/** A completed and committed checkpoint, for people. */
export interface CheckpointSummary {
  readonly checkpoint: number;
  readonly reason: CheckpointReason;
  readonly startedAt: number;
  readonly durationMs: number;
  /** Of all segments that it needs. */
  readonly sizeBytes: number;
  /** Of those that were written for it; the others are of earlier checkpoints. */
  readonly writtenBytes: number;
  readonly records: number;
  readonly finished: boolean;
}

/** A sink port with its committer. */
export interface CommittedSink {
  readonly port: string;
  readonly description: string;
  readonly committer: SinkCommitter;
}

/** What stays the same over all checkpoints of a run. */
export interface CoordinatorOptions {
  readonly host: Host;
  readonly store: CheckpointStore;
  readonly job: string;
  readonly graphFingerprint: string;
  readonly keyGroupBits: number;
  readonly parallelism: number;
  /** How many subtasks acknowledge a checkpoint. */
  readonly participants: number;
  readonly sinks: readonly CommittedSink[];
  readonly retained: number;
  /** Has every source inject the barrier. */
  readonly inject: (checkpoint: number) => void;
}

interface Pending {
  readonly checkpoint: number;
  readonly reason: CheckpointReason;
  readonly startedAt: number;
  readonly startedMonotonicMs: number;
  readonly acknowledgements: Map<string, Acknowledgement>;
  readonly completed: PromiseWithResolvers<void>;
}

/**
 * Takes one checkpoint at a time: barrier, acknowledgements of every subtask (durable segments and prepared outputs),
 * manifest, permit, commit, retention. Nothing is committed without a permit, and no permit exists without a durable manifest.
 */
export class CheckpointCoordinator {
  readonly #options: CoordinatorOptions;
  #next: number;
  #pending: Pending | null = null;
  #tail: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown } | null = null;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#next = options.store.nextCheckpoint;
  }

  /** Takes a checkpoint after those already asked for; resolves when its outputs are visible. */
  take(reason: CheckpointReason): Promise<CheckpointSummary> {
    const taken = this.#tail.then(() => this.#take(reason));
    this.#tail = taken.catch(() => undefined);
    return taken;
  }

  get isBusy(): boolean {
    return this.#pending !== null;
  }

  acknowledge(acknowledgement: Acknowledgement): void {
    const pending = this.#pending;
    assert(
      pending?.checkpoint === acknowledgement.checkpoint,
      () => `acknowledgement of checkpoint ${acknowledgement.checkpoint} which is not pending`,
    );
    pending.acknowledgements.set(`${acknowledgement.task}-${acknowledgement.subtask}`, acknowledgement);
    if (pending.acknowledgements.size === this.#options.participants) pending.completed.resolve();
  }

  /**
   * The job has failed: the pending checkpoint never completes, and no other begins. Resolves when nothing is written any more; a commit
   * that is under way is carried to its end.
   */
  async abort(error: unknown): Promise<void> {
    this.#failure = { error };
    this.#pending?.completed.reject(error);
    await this.#tail;
  }

  async #take(reason: CheckpointReason): Promise<CheckpointSummary> {
    if (this.#failure !== null) throw this.#failure.error;
    const { host, store, sinks, retained, inject } = this.#options;
    const pending: Pending = {
      checkpoint: this.#next++,
      reason,
      startedAt: host.clock.now(),
      startedMonotonicMs: host.clock.monotonicMs(),
      acknowledgements: new Map(),
      completed: Promise.withResolvers(),
    };
    this.#pending = pending;
    try {
      inject(pending.checkpoint);
      host.failpoint("checkpoint.barrier-injected");
      await pending.completed.promise;
      const manifest = this.#manifest(pending);
      const permit = await store.complete(manifest);
      await this.#commit(permit, manifest.sinks, sinks);
      await store.retain(retained);
      return summaryOf(manifest, pending, host.clock.monotonicMs() - pending.startedMonotonicMs);
    } finally {
      this.#pending = null;
    }
  }

  async #commit(
    permit: CommitPermit,
    states: readonly SinkCommitState[],
    sinks: readonly CommittedSink[],
  ): Promise<void> {
    const { host } = this.#options;
    host.failpoint("commit.before");
    for (const state of states) {
      const sink = sinks.find(({ port }) => port === state.port);
      assert(sink !== undefined, () => `no committer for port ${state.port}`);
      await sink.committer.commit(permit, state.plan, state.prepared);
    }
    host.failpoint("commit.after");
  }

  #manifest(pending: Pending): Manifest {
    const { host, store, job, graphFingerprint, keyGroupBits, parallelism, sinks } = this.#options;
    const acknowledgements = [...pending.acknowledgements.values()].sort(byName);
    const finished = acknowledgements.every(({ ended }) => ended);
    const sources = acknowledgements.flatMap(({ splits }) => splits);
    return {
      format: FORMAT_VERSION,
      job,
      checkpoint: pending.checkpoint,
      epoch: store.epoch,
      createdAt: host.clock.now(),
      reason: pending.reason,
      graphFingerprint,
      keyGroupBits,
      parallelism,
      sources,
      operators: distinctOperators(acknowledgements),
      segments: acknowledgements.flatMap(({ segments: each }) => each),
      sinks: sinks.map((sink) => commitState(sink, acknowledgements)),
      watermarks: Object.fromEntries(acknowledgements.map((each) => [nameOf(each), watermarkText(each.watermark)])),
      statistics: { records: sources.reduce((sum, split) => sum + split.records, 0) },
      finished,
    };
  }
}

function commitState(sink: CommittedSink, acknowledgements: readonly Acknowledgement[]): SinkCommitState {
  const prepared: PreparedOutput[] = acknowledgements.flatMap((each) =>
    each.prepared.filter(({ port }) => port === sink.port).map(({ writer, output }) => ({ writer, output })),
  );
  const plan: Json = sink.committer.plan(prepared);
  return { port: sink.port, description: sink.description, plan, prepared };
}

function distinctOperators(acknowledgements: readonly Acknowledgement[]): OperatorStates[] {
  const byName = new Map<string, OperatorStates>();
  for (const { operators } of acknowledgements) for (const states of operators) byName.set(states.operator, states);
  return [...byName.values()];
}

function summaryOf(manifest: Manifest, pending: Pending, durationMs: number): CheckpointSummary {
  return {
    checkpoint: manifest.checkpoint,
    reason: pending.reason,
    startedAt: pending.startedAt,
    durationMs,
    sizeBytes: bytesOf(manifest.segments),
    writtenBytes: bytesOf(manifest.segments.filter(({ path }) => checkpointOfSegment(path) === manifest.checkpoint)),
    records: Number(manifest.statistics["records"]),
    finished: manifest.finished,
  };
}

function bytesOf(segments: readonly SegmentDescriptor[]): number {
  return segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Task first, then subtask: the order in which writers' outputs are committed. */
function byName(a: Acknowledgement, b: Acknowledgement): number {
  if (a.task !== b.task) return a.task < b.task ? -1 : 1;
  return a.subtask - b.subtask;
}

function nameOf({ task, subtask }: Acknowledgement): string {
  return `${task}-${subtask}`;
}

function watermarkText(watermark: number): number | "max" | null {
  if (watermark === MAX_WATERMARK) return "max";
  return watermark === NO_WATERMARK ? null : watermark;
}
