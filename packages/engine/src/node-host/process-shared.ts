import { threadData } from "./thread-data.ts";

/** Memory that all threads of this process share. */
export interface ProcessShared {
  /** Latest wall-clock time any thread was given, so that the clock never runs backwards across threads either. */
  readonly latestNowMs: BigInt64Array;
  /** How often the armed failpoint was passed, in all threads together. */
  readonly failpointHits: Int32Array;
}

let shared: ProcessShared | null = null;

/** The process's shared memory: made by the main thread, handed to each worker at its start. */
export function processShared(): ProcessShared {
  shared ??= threadData()?.shared ?? {
    latestNowMs: new BigInt64Array(new SharedArrayBuffer(8)),
    failpointHits: new Int32Array(new SharedArrayBuffer(4)),
  };
  return shared;
}
