import type { Json } from "../foundation/json.ts";
import type { Manifest, OperatorStates, SegmentDescriptor, SplitPosition } from "../checkpoint/manifest.ts";
import type { StepTime } from "../task/self-times.ts";
import type { ErrorPolicy } from "../task/user-error.ts";
import type { WatermarkHolder, WatermarkJson } from "../time/watermark-holder.ts";

/** What the coordinator gives a worker to start with; plain data, crosses a thread. */
export interface WorkerStart {
  /** Subtasks of every task that run in this worker. */
  readonly subtasks: readonly number[];
  readonly parallelism: number;
  readonly keyGroupBits: number;
  readonly epoch: number;
  readonly stateDirectory: string;
  /** Whether segments are compressed. */
  readonly compress: boolean;
  readonly debug: boolean;
  readonly onError: ErrorPolicy;
  readonly splits: readonly AssignedSplit[];
  /** The checkpoint to restore from; null for a fresh start. */
  readonly restore: {
    readonly checkpoint: number;
    readonly segments: readonly SegmentDescriptor[];
    readonly operators: readonly OperatorStates[];
    readonly watermarks: Manifest["watermarks"];
  } | null;
}

/** A split given to one subtask, with where it resumes. */
export interface AssignedSplit {
  readonly port: string;
  readonly subtask: number;
  readonly split: { readonly id: string; readonly details: Json };
  readonly position: SplitPosition | null;
}

/** One subtask's part of a checkpoint: everything it names is durable. */
export interface Acknowledgement {
  readonly checkpoint: number;
  readonly task: string;
  readonly subtask: number;
  /** Oldest first; most of them may have been written for earlier checkpoints. */
  readonly segments: readonly SegmentDescriptor[];
  readonly operators: readonly OperatorStates[];
  readonly splits: readonly SplitPosition[];
  readonly prepared: readonly { readonly port: string; readonly writer: string; readonly output: Json }[];
  readonly watermark: number;
  /** Every input had ended and everything had fired. */
  readonly ended: boolean;
}

/** Counters and times of one subtask, for inspection. */
export interface TaskFacts {
  readonly task: string;
  readonly subtask: number;
  readonly watermark: WatermarkJson;
  readonly ended: boolean;
  readonly operators: readonly {
    readonly name: string;
    readonly kind: string;
    readonly recordsIn: number;
    readonly recordsOut: number;
    readonly counts: Readonly<Record<string, number>>;
    readonly keys: number | null;
    readonly stateBytes: number | null;
  }[];
  /** Everything that can hold the task's watermark back. */
  readonly holders: readonly WatermarkHolder[];
  readonly source: {
    readonly port: string;
    readonly records: number;
    readonly invalid: number;
    readonly clamped: number;
  } | null;
}

/** Coordinator to worker. */
export type WorkerCommand =
  | { readonly kind: "go" }
  | { readonly kind: "barrier"; readonly checkpoint: number }
  | { readonly kind: "facts" }
  | { readonly kind: "stop" };

/** Worker to coordinator. */
export type WorkerReport =
  | { readonly kind: "ready" }
  | { readonly kind: "acknowledge"; readonly acknowledgement: Acknowledgement }
  | { readonly kind: "ended" }
  | { readonly kind: "facts"; readonly facts: readonly TaskFacts[]; readonly times: readonly StepTime[] }
  | { readonly kind: "stopped"; readonly times: readonly StepTime[] }
  | { readonly kind: "failed"; readonly error: unknown };

/** A worker as the coordinator sees it, in this thread or another. */
export interface WorkerHandle {
  command(command: WorkerCommand): void;
  /** Ends it without ceremony; nothing that is not durable survives. */
  terminate(): Promise<void>;
}

/** Starts worker number `index` and has it report. */
export type StartWorker = (index: number, start: WorkerStart, report: (report: WorkerReport) => void) => WorkerHandle;
