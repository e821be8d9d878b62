import type { Binding } from "../connector/binding.ts";
import type { LogicalGraph } from "../graph/logical-graph.ts";
import type { Host } from "../host/host.ts";
import type { CheckpointSummary } from "./checkpoint-coordinator.ts";
import type { PhysicalGraph } from "./physical-graph.ts";
import type { StartWorker } from "./worker-protocol.ts";

/** Settings of a job, as data. */
export interface JobSettings {
  readonly parallelism: number;
  readonly keyGroupBits: number;
  /** Between the end of a checkpoint and the start of the next. Infinity: only on request. */
  readonly checkpointIntervalMs: number;
  /** Whole checkpoints kept. */
  readonly retained: number;
  /** Whether segments are compressed. */
  readonly compress: boolean;
  /** Bytes of state that one step may hold in one task. Infinity: no limit. */
  readonly stateBytesMax: number;
  readonly stateDirectory: string;
  readonly debug: boolean;
}

/** What a job is started with. */
export interface JobOptions {
  readonly host: Host;
  readonly graph: LogicalGraph;
  readonly physical: PhysicalGraph;
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly settings: JobSettings;
  /** Who takes the state directory, for the message that turns a second process away. */
  readonly owner?: { readonly pid: number; readonly hostname: string };
  /** Workers, by the subtasks each runs. */
  readonly workers: readonly (readonly number[])[];
  readonly startWorker: StartWorker;
  readonly onEvent: (event: JobEvent) => void;
}

/** What happens to a job, as it happens. */
export type JobEvent =
  | {
      readonly kind: "restored";
      readonly checkpoint: number;
      readonly records: number;
      readonly skipped: readonly { checkpoint: number; why: string }[];
    }
  | { readonly kind: "started"; readonly fresh: boolean }
  | { readonly kind: "checkpoint"; readonly summary: CheckpointSummary }
  | { readonly kind: "input-ended" };

/** How a job ended: `finished` all input is processed and committed; `stopped` on request, resumable. */
export interface JobResult {
  readonly outcome: "finished" | "stopped";
  readonly checkpoint: number;
  readonly records: number;
}
