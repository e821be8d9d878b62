import type { Json } from "../foundation/json.ts";

/** Version of the manifest that is written; docs/format.md. Version 1 is read, too. */
export const FORMAT_VERSION = 2;

/**
 * The durable statement that a checkpoint exists: readable JSON, written by exclusive create after every byte it names is durable.
 * It is self-contained: an engine restores from it and the segments it names, at any parallelism.
 */
export interface Manifest {
  readonly format: typeof FORMAT_VERSION;
  readonly job: string;
  readonly checkpoint: number;
  readonly epoch: number;
  /** Wall clock at completion, epoch ms. */
  readonly createdAt: number;
  /** What triggered it: interval, stop, end of input, request. */
  readonly reason: string;
  /** Hash of the graph's stateful operators, ports and edges; readable form beside it. */
  readonly graphFingerprint: string;
  readonly keyGroupBits: number;
  readonly parallelism: number;
  readonly sources: readonly SplitPosition[];
  readonly operators: readonly OperatorStates[];
  /** Those of a task from the oldest on, in which order their blocks are restored. */
  readonly segments: readonly SegmentDescriptor[];
  readonly sinks: readonly SinkCommitState[];
  /** Watermark per task at its barrier, for people; null: none yet. Infinity is "max". */
  readonly watermarks: Readonly<Record<string, number | "max" | null>>;
  readonly statistics: Readonly<Record<string, Json>>;
  /** True: the input had ended and everything fired; a start from here has nothing to do. */
  readonly finished: boolean;
}

/** Where a split resumes, with what the source task itself must remember. */
export interface SplitPosition {
  readonly port: string;
  readonly split: string;
  readonly position: Json;
  /** Largest event time seen; null: none. Decides the watermark after a restore. */
  readonly maxTimestamp: number | null;
  readonly ended: boolean;
  readonly records: number;
}

/** States of one operator, enough to read and compare them without the user's code. */
export interface OperatorStates {
  readonly operator: string;
  readonly kind: string;
  readonly timers: readonly string[];
  readonly states: readonly {
    readonly name: string;
    readonly kind: string;
    readonly schemaHash: string;
    readonly jsonSchema: Json;
  }[];
}

/** An immutable file of state blocks, written for this checkpoint or, where a task has changed little since, for an earlier one. */
export interface SegmentDescriptor {
  /** Path under the checkpoint directory. */
  readonly path: string;
  readonly fileId: string;
  readonly sizeBytes: number;
  /** CRC-32 of the whole file. */
  readonly crc32: number;
  readonly task: string;
  /** Operators whose blocks count no more: a later segment of the task has all of their state. */
  readonly superseded: readonly string[];
  readonly blocks: readonly BlockDescriptor[];
}
export interface BlockDescriptor {
  readonly operator: string;
  readonly keyGroup: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** What a sink's committer planned and its writers prepared. */
export interface SinkCommitState {
  readonly port: string;
  readonly description: string;
  readonly plan: Json;
  readonly prepared: readonly { readonly writer: string; readonly output: Json }[];
}
