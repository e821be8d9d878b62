import { workerData, type MessagePort } from "node:worker_threads";
import type { Json } from "../foundation/json.ts";

/** Memory that all threads of this process share. */
export interface ProcessShared {
  /** Latest wall-clock time any thread was given, so that the clock never runs backwards across threads either. */
  readonly latestNowMs: BigInt64Array;
  /** How often the armed failpoint was passed, in all threads together. */
  readonly failpointHits: Int32Array;
}

/** What a thread gets from the thread that started it, as `workerData`. */
export interface ThreadData {
  readonly start: Json;
  readonly port: MessagePort;
  readonly ports: readonly MessagePort[];
  /** Where the thread asks for standard input. */
  readonly input: MessagePort;
  readonly shared: ProcessShared;
}

/** The name under which {@link ThreadData} travels; a worker that others started has no such entry. */
export const THREAD_DATA = "tidemarkThread";

/** This thread's start data; null in a thread that {@link nodeThreads} did not start. */
export function threadData(): ThreadData | null {
  const data: unknown = workerData;
  if (typeof data !== "object" || data === null || !(THREAD_DATA in data)) return null;
  return data[THREAD_DATA] as ThreadData;
}
