import type { Host } from "../host/host.ts";
import type { LockKind } from "./file-lock.ts";
import { nodeClock } from "./node-clock.ts";
import { nodeCompression } from "./node-compression.ts";
import { nodeDisk } from "./node-disk.ts";
import { nodeFailpoint } from "./node-failpoints.ts";
import { nodeRandom } from "./node-random.ts";
import { nodeStreams } from "./node-streams.ts";
import { nodeThreads } from "./node-threads.ts";
import { nodeTimers } from "./node-timers.ts";

export interface NodeHostOptions {
  /** URL of the module that threads run; the engine's task worker by default. */
  readonly taskWorker?: string | URL;
  /** How files are locked; by default the best way that is installed. */
  readonly lockKind?: LockKind;
  /** Where the process is to die: `name` or `name:nth`; by default TIDEMARK_FAILPOINT of the environment, which threads inherit. */
  readonly failpoint?: string;
}

/** The real host: this Node process. Each thread makes its own. Throws TM_CONFIG if the environment arms an unknown failpoint. */
export function nodeHost(options: NodeHostOptions = {}): Host {
  const { taskWorker, lockKind, failpoint = process.env["TIDEMARK_FAILPOINT"] } = options;
  return {
    clock: nodeClock(),
    timers: nodeTimers(),
    random: nodeRandom(),
    disk: nodeDisk(lockKind === undefined ? {} : { lockKind }),
    threads: nodeThreads(taskWorker === undefined ? {} : { taskWorker }),
    compression: nodeCompression(),
    streams: nodeStreams(),
    failpoint: nodeFailpoint(failpoint),
  };
}
