import type { CommitPermit } from "../foundation/commit-permit.ts";
import type { Json } from "../foundation/json.ts";
import type { RecordBatch } from "../record/batch.ts";
import type { ConnectorContext } from "./source-connector.ts";

/**
 * Contract of a sink. Writers run in tasks, one per task that writes to the port; the one committer runs in the coordinating thread.
 *
 * The way of a checkpoint: barrier → each writer `prepare`s (what it wrote since the last barrier is durable but invisible) → the
 * committer `plan`s from all prepared outputs, in writer order → both go into the manifest → manifest durable → `commit` with the permit.
 * After a crash the newest manifest's `plan` and prepared outputs come to `recover`, which completes the commit; it may
 * have been done already, in part or whole. Prepared outputs that no manifest names are garbage and are swept by `recover`.
 */
export interface SinkConnector {
  readonly description: string;
  /** `exactly-once`: readers that follow the sink's documented rule see each committed record once. `at-least-once`: shown when written. */
  readonly guarantee: "exactly-once" | "at-least-once";
  openWriter(context: WriterContext): Promise<SinkWriter>;
  openCommitter(context: CommitterContext): Promise<SinkCommitter>;
}

export interface CommitterContext extends ConnectorContext {
  /** A directory of the job's own for prepared outputs of this port; exists, durable. */
  readonly scratch: string;
}

export interface WriterContext extends CommitterContext {
  /** Unique among the writers of the port; stable within one run. */
  readonly writer: string;
  /** Owner epoch, so that names of prepared outputs never collide with those of an earlier run. */
  readonly epoch: number;
}

export interface SinkWriter {
  /**
   * True: `write` has taken what it needs of a batch when it returns, and keeps no column or array of it; their memory is used again then.
   * Debug mode (`testRun`, `dev`) spoils what a source lent right behind the call, so that a writer that does keep something shows.
   * Left out: it may keep them, and they stay as they are.
   */
  readonly borrows?: boolean;
  /** Takes a batch; synchronous, buffers. */
  write(batch: RecordBatch): void;
  /** Bytes taken but not yet handed on; the task reads no further input above a limit. */
  backlogBytes(): number;
  /** Resolves when the backlog is gone; rejects with what broke the sink. */
  drained(): Promise<void>;
  /** Called at a barrier before any later write: makes everything since the last call durable, invisible; null: nothing was written. */
  prepare(checkpoint: number): Promise<Json>;
  close(): Promise<void>;
}

/** What a writer prepared for one checkpoint. */
export interface PreparedOutput {
  readonly writer: string;
  readonly output: Json;
}

export interface SinkCommitter {
  /** Pure given what was committed so far: what `commit` is going to do, for the manifest. */
  plan(prepared: readonly PreparedOutput[]): Json;
  commit(permit: CommitPermit, plan: Json, prepared: readonly PreparedOutput[]): Promise<void>;
  /** Once, before any writer opens: `permit` null for a job without a checkpoint. */
  recover(permit: CommitPermit | null, plan: Json, prepared: readonly PreparedOutput[]): Promise<void>;
  close(): Promise<void>;
}
