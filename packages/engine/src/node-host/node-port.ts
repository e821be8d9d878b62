import type { MessagePort } from "node:worker_threads";
import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { MessagePortLike, TransferablePort } from "../host/threads.ts";

/** An open port. It keeps its thread alive from `onMessage` until it is closed at either end. */
export class NodePort implements MessagePortLike {
  readonly #port: MessagePort;
  #receive: ((message: unknown) => void) | null = null;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  onMessage(receive: (message: unknown) => void): void {
    assert(this.#receive === null, "a port has one receiver");
    this.#receive = receive;
    this.#port.on("messageerror", (cause) => {
      throw new TidemarkError("TM_INTERNAL", "a message between threads could not be read", { cause });
    });
    this.#port.on("message", receive);
  }

  /** Hands a message over that was fetched from the port by other means. */
  deliver(message: unknown): void {
    this.#receive?.(message);
  }

  close(): void {
    this.#port.close();
  }
}

/** One end of a channel that is still to be opened here or given to a thread. */
export class NodeTransferablePort implements TransferablePort {
  #port: MessagePort | null;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  open(): MessagePortLike {
    return new NodePort(this.take());
  }

  /** The port itself, to be given away; once. */
  take(): MessagePort {
    const port = this.#port;
    assert(port !== null, "a port is opened or given away once");
    this.#port = null;
    return port;
  }
}
