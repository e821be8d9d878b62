import type { Json } from "../foundation/json.ts";
import type { Host } from "../host/host.ts";
import type { MessagePortLike } from "../host/threads.ts";
import { errorData } from "../job/error-data.ts";
import { planPhysicalGraph } from "../job/physical-graph.ts";
import { Worker } from "../job/worker.ts";
import type { WorkerCommand, WorkerReport } from "../job/worker-protocol.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import { resolveBindings } from "./bindings.ts";
import { loadConfig, loadPipeline } from "./load-pipeline.ts";
import type { ThreadReport, ThreadStart } from "./thread-workers.ts";

/** What a thread is given by whoever started it. */
export interface TaskWorkerThread {
  readonly start: Json;
  /** To the starter; closed when the worker has stopped. */
  readonly port: MessagePortLike;
  /** To the other workers, in order of their numbers. */
  readonly ports: readonly MessagePortLike[];
}

/**
 * The body of a worker thread: loads the pipeline file, opens its tasks, and obeys the coordinator. Reports what fails; never
 * rejects.
 */
export async function runTaskWorker(host: Host, thread: TaskWorkerThread): Promise<void> {
  const start = thread.start as unknown as ThreadStart;
  const report = (each: WorkerReport): void => {
    const message: ThreadReport = each.kind === "failed" ? { kind: "failed", error: errorData(each.error) } : each;
    thread.port.post(message);
    if (each.kind === "stopped") thread.port.close();
  };
  try {
    const { graph } = await loadPipeline(start.pipelineUrl);
    const config = start.configUrl === null ? {} : await loadConfig(start.configUrl);
    const worker = new Worker({
      host,
      graph: planPhysicalGraph(graph),
      bindings: resolveBindings(graph, [config.bind ?? {}, start.specs]),
      backend: memoryBackend(start.stateBytesMax === null ? {} : { bytesMax: start.stateBytesMax }),
      start: start.worker,
      links: new Map(otherWorkers(start).map((peer, position) => [peer, thread.ports[position] as MessagePortLike])),
      report,
    });
    thread.port.onMessage((message) => {
      worker.command(message as WorkerCommand);
    });
    await worker.open();
  } catch (error) {
    report({ kind: "failed", error });
  }
}

/** Workers run one subtask each, so a worker's number is its subtask's. */
function otherWorkers({ index, workers }: ThreadStart): number[] {
  return Array.from({ length: workers }, (_, worker) => worker).filter((worker) => worker !== index);
}
