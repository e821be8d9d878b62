import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import type { Host } from "../host/host.ts";
import type { TransferablePort } from "../host/threads.ts";
import { reviveError, type ErrorData } from "../job/error-data.ts";
import type { StartWorker, WorkerReport, WorkerStart } from "../job/worker-protocol.ts";

/** What a worker thread is started with: plain data only. */
export interface ThreadStart {
  readonly pipelineUrl: string;
  readonly configUrl: string | null;
  /** Binding specs of ports, "jsonl:flights.jsonl". */
  readonly specs: Readonly<Record<string, string>>;
  /** Limit of the default state backend; null: none. */
  readonly stateBytesMax: number | null;
  readonly worker: WorkerStart;
  readonly index: number;
  readonly workers: number;
}

/** A report whose error, if any, is plain data. */
export type ThreadReport =
  | Exclude<WorkerReport, { kind: "failed" }>
  | { readonly kind: "failed"; readonly error: ErrorData };

/** Runs each worker in a thread of its own; every two are joined by a channel. */
export function threadWorkers(options: {
  host: Host;
  pipelineUrl: string;
  configUrl: string | null;
  specs: Readonly<Record<string, string>>;
  stateBytesMax: number;
  workers: number;
}): StartWorker {
  const { host, workers } = options;
  const ports = connectAll(host, workers);
  return (index, start, report) => {
    const data: ThreadStart = {
      pipelineUrl: options.pipelineUrl,
      configUrl: options.configUrl,
      specs: options.specs,
      stateBytesMax: Number.isFinite(options.stateBytesMax) ? options.stateBytesMax : null,
      worker: start,
      index,
      workers,
    };
    const thread = host.threads.start({
      name: `tidemark-worker-${index}`,
      start: data as unknown as Json,
      ports: ports[index] ?? [],
    });
    let isOver = false;
    thread.port.onMessage((message) => {
      const received = message as ThreadReport;
      isOver ||= received.kind === "stopped" || received.kind === "failed";
      report(received.kind === "failed" ? { kind: "failed", error: reviveError(received.error) } : received);
    });
    void thread.exited.then((error) => {
      if (isOver) return;
      isOver = true;
      const why = error === null ? "it ended without a word" : error.message;
      report({
        kind: "failed",
        error: new TidemarkError("TM_WORKER", `a worker thread has died: ${why}`, {
          cause: error,
          facts: { worker: index },
        }),
      });
    });
    return {
      command: (command) => {
        thread.port.post(command);
      },
      terminate: () => {
        isOver = true;
        return thread.terminate();
      },
    };
  };
}

/** One channel for every two workers; result[i] lists worker i's ends, in order of the other worker. */
function connectAll(host: Host, workers: number): TransferablePort[][] {
  const ends = Array.from({ length: workers }, () => new Map<number, TransferablePort>());
  for (let a = 0; a < workers; a++) {
    for (let b = a + 1; b < workers; b++) {
      const [one, other] = host.threads.channel();
      ends[a]?.set(b, one);
      ends[b]?.set(a, other);
    }
  }
  return ends.map((byPeer) => [...byPeer].sort(([a], [b]) => a - b).map(([, port]) => port));
}
