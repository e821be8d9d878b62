import { threadData, type ProcessShared } from "./thread-data.ts";

let shared: ProcessShared | null = null;

/** The process's shared memory: made by the main thread, handed to each worker at its start. */
export function processShared(): ProcessShared {
  shared ??= threadData()?.shared ?? {
    latestNowMs: new BigInt64Array(new SharedArrayBuffer(8)),
    failpointHits: new Int32Array(new SharedArrayBuffer(4)),
  };
  return shared;
}
