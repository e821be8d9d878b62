import { Worker } from "../job/worker.ts";
import { errorData } from "../job/error-data.ts";
import { planPhysicalGraph } from "../job/physical-graph.ts";
import type { WorkerCommand, WorkerReport } from "../job/worker-protocol.ts";
import { nodeHost } from "../node-host/node-host.ts";
import { threadStart } from "../node-host/thread-main.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import { resolveBindings } from "./bindings.ts";
import { loadConfig, loadPipeline } from "./load-pipeline.ts";
import type { ThreadReport, ThreadStart } from "./thread-workers.ts";

/** Entry of a worker thread: loads the pipeline file, opens its tasks, and obeys the coordinator. */
async function main(): Promise<void> {
  const thread = threadStart();
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
      host: nodeHost(),
      graph: planPhysicalGraph(graph),
      bindings: resolveBindings(graph, [config.bind ?? {}, start.specs]),
      backend: memoryBackend(),
      start: start.worker,
      links: new Map(otherWorkers(start).map((peer, position) => [peer, thread.ports[position] as (typeof thread.ports)[number]])),
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

await main();
