import { assert } from "../foundation/assert.ts";
import type { Json } from "../foundation/json.ts";
import type { MessagePortLike } from "../host/threads.ts";
import { NodePort } from "./node-port.ts";
import { threadData } from "./thread-data.ts";

/** What the thread's starter gave it. */
export interface ThreadStart {
  readonly start: Json;
  /** The port to the starter. Once it has a receiver it must be closed for the thread to end. */
  readonly port: MessagePortLike;
  /** The ports given along, in order. */
  readonly ports: readonly MessagePortLike[];
}

/** Called once, by the module a thread runs. */
export function threadStart(): ThreadStart {
  const data = threadData();
  assert(data !== null, "this module runs in a thread that the host started");
  return { start: data.start, port: new NodePort(data.port), ports: data.ports.map((port) => new NodePort(port)) };
}
