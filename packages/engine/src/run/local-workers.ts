import type { Host } from "../host/host.ts";
import type { Binding } from "../connector/binding.ts";
import type { PhysicalGraph } from "../job/physical-graph.ts";
import { Worker } from "../job/worker.ts";
import type { StartWorker } from "../job/worker-protocol.ts";
import type { StateBackend } from "../state/state-backend.ts";

/** Runs a worker in the calling thread. */
export function localWorkers(options: {
  host: Host;
  graph: PhysicalGraph;
  bindings: ReadonlyMap<string, Binding>;
  backend: StateBackend;
}): StartWorker {
  return (_index, start, report) => {
    let isTerminated = false;
    const worker = new Worker({
      ...options,
      start,
      links: new Map(),
      report: (each) => {
        if (!isTerminated) report(each);
      },
    });
    void worker.open();
    return {
      command: (command) => {
        worker.command(command);
      },
      terminate: () => {
        isTerminated = true;
        return worker.abandon();
      },
    };
  };
}
