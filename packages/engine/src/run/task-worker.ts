import { nodeHost } from "../node-host/node-host.ts";
import { threadStart } from "../node-host/thread-main.ts";
import { runTaskWorker } from "./run-task-worker.ts";

// The module that worker threads run.
await runTaskWorker(nodeHost(), threadStart());
