import type { Json } from "../foundation/json.ts";

/**
 * Threads of a host. A thread runs the engine's task worker entry; it gets `start` (structured-cloned) and a port to
 * its parent. In the simulator a thread is an isolate in the same process whose messages really are cloned.
 */
export interface Threads {
  /** Starts a thread that runs the engine's task worker. */
  start(options: { name: string; start: Json; ports: readonly TransferablePort[] }): Thread;
  /** A pair of connected ports; either end can be handed to a thread in `start` or used here. */
  channel(): readonly [TransferablePort, TransferablePort];
}

/** One end of a channel that can still be given away; `open` makes it usable here, once. */
export interface TransferablePort {
  open(): MessagePortLike;
}

/** A FIFO message port: cloned messages, ArrayBuffers in `transfer` are moved, not copied. */
export interface MessagePortLike {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Sets the one receiver; messages that came before are delivered then. */
  onMessage(receive: (message: unknown) => void): void;
  close(): void;
}

export interface Thread {
  /** Port to the thread's main port. */
  readonly port: MessagePortLike;
  /** Resolves once with how the thread ended: `null` for a normal end, the error otherwise. */
  readonly exited: Promise<Error | null>;
  /** Stops it at once; nothing it had not made durable survives. */
  terminate(): Promise<void>;
}
