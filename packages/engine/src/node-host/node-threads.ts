import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from "node:worker_threads";
import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { Thread, Threads, TransferablePort } from "../host/threads.ts";
import { errnoOf } from "./disk-error.ts";
import { NodePort, NodeTransferablePort } from "./node-port.ts";
import { standardInput } from "./node-streams.ts";
import { processShared } from "./process-shared.ts";
import { relayInput } from "./relayed-input.ts";
import { THREAD_DATA, type ThreadData } from "./thread-data.ts";

/** Worker threads. `taskWorker` is the module they run; the engine's own by default. */
export function nodeThreads(options: { taskWorker?: string | URL } = {}): Threads {
  const { readPiece } = standardInput();
  return {
    start({ name, start, ports }) {
      const { port1, port2 } = new MessageChannel();
      const { port1: input, port2: inputThere } = new MessageChannel();
      relayInput(input, () => readPiece({ keepsAlive: false }));
      const given = ports.map(rawPort);
      const data: ThreadData = { start, port: port2, ports: given, input: inputThere, shared: processShared() };
      const entry = options.taskWorker ?? import.meta.resolve("#task-worker");
      const worker = new Worker(new URL(entry), {
        name,
        workerData: { [THREAD_DATA]: data },
        transferList: [port2, inputThere, ...given],
      });
      return threadOf(name, worker, port1);
    },
    channel() {
      const { port1, port2 } = new MessageChannel();
      return [new NodeTransferablePort(port1), new NodeTransferablePort(port2)];
    },
  };
}

function rawPort(port: TransferablePort): MessagePort {
  assert(port instanceof NodeTransferablePort, "a port given to a thread comes from the same host");
  return port.take();
}

function threadOf(name: string, worker: Worker, rawMainPort: MessagePort): Thread {
  const port = new NodePort(rawMainPort);
  let stopped = false;
  let failure: { readonly error: unknown } | null = null;
  worker.on("error", (error) => (failure = { error }));
  const exited = new Promise<Error | null>((resolve) => {
    worker.on("exit", (exitCode) => {
      // What the thread said last must come before the news of its end.
      for (let last = receiveMessageOnPort(rawMainPort); last !== undefined; last = receiveMessageOnPort(rawMainPort)) {
        port.deliver(last.message);
      }
      port.close();
      resolve(stopped ? null : exitError(name, exitCode, failure));
    });
  });
  return {
    port,
    exited,
    async terminate() {
      stopped = true;
      await worker.terminate();
      await exited;
    },
  };
}

function exitError(thread: string, exitCode: number, failure: { readonly error: unknown } | null): Error | null {
  const facts = { thread };
  if (failure === null) {
    if (exitCode === 0) return null;
    return new TidemarkError("TM_WORKER", "a worker thread ended before its work was done", {
      facts: { thread, exitCode },
    });
  }
  const cause = failure.error;
  if (errnoOf(cause) === "ERR_WORKER_OUT_OF_MEMORY") {
    const message = "a worker thread ran out of memory; give the process more with --max-old-space-size";
    return new TidemarkError("TM_WORKER", message, { cause, facts });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TidemarkError("TM_WORKER", `a worker thread failed: ${why}`, { cause, facts });
}
