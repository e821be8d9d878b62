import type { Binding } from "../connector/binding.ts";
import type { Host } from "../host/host.ts";
import type { MessagePortLike } from "../host/threads.ts";
import type { StateBackend } from "../state/state-backend.ts";
import type { PhysicalGraph } from "./physical-graph.ts";
import type { WorkerReport, WorkerStart } from "./worker-protocol.ts";

/** What a worker needs besides the coordinator's plain data. */
export interface WorkerOptions {
  readonly host: Host;
  readonly graph: PhysicalGraph;
  /** Binding of each port, "dead-letters" included if the job has one. */
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly backend: StateBackend;
  readonly start: WorkerStart;
  /** Ports to the workers that run other subtasks, by subtask. */
  readonly links: ReadonlyMap<number, MessagePortLike>;
  readonly report: (report: WorkerReport) => void;
}
