import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { MessagePortLike, Threads, TransferablePort } from "../host/threads.ts";
import type { MemoryLife } from "./memory-host-life.ts";

/** Channels within the one thread; a thread itself is refused. `turn` really gives way for one turn of the event loop. */
export function memoryThreads(life: MemoryLife, turn: () => Promise<void>): Threads {
  return {
    start({ name }) {
      throw new TidemarkError(
        "TM_CONFIG",
        "the in-memory host has no threads; give the pipeline object to start, so that its tasks run in this thread",
        {
          facts: { thread: name },
        },
      );
    },
    channel() {
      const left = new MemoryPort(life, turn);
      const right = new MemoryPort(life, turn);
      left.connect(right);
      right.connect(left);
      return [transferable(left), transferable(right)];
    },
  };
}

function transferable(port: MemoryPort): TransferablePort {
  let opened = false;
  return {
    open() {
      assert(!opened, "a port is opened or given away once");
      opened = true;
      return port;
    },
  };
}

class MemoryPort implements MessagePortLike {
  readonly #life: MemoryLife;
  readonly #turn: () => Promise<void>;
  readonly #inbox: unknown[] = [];
  #other: MemoryPort | null = null;
  #receive: ((message: unknown) => void) | null = null;
  #delivering = false;

  constructor(life: MemoryLife, turn: () => Promise<void>) {
    this.#life = life;
    this.#turn = turn;
  }

  connect(other: MemoryPort): void {
    this.#other = other;
  }

  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    this.#life.enter();
    const copy: unknown = structuredClone(message, { transfer: [...transfer] });
    this.#other?.arrive(copy);
  }

  onMessage(receive: (message: unknown) => void): void {
    assert(this.#receive === null, "a port has one receiver");
    this.#receive = receive;
    this.#startDelivery();
  }

  close(): void {
    // What was posted before still arrives at the other end; nothing arrives here any more.
    this.#inbox.length = 0;
    const other = this.#other;
    this.#other = null;
    other?.disconnect();
  }

  /** The other end was closed. */
  disconnect(): void {
    this.#other = null;
  }

  arrive(message: unknown): void {
    this.#inbox.push(message);
    this.#startDelivery();
  }

  #startDelivery(): void {
    if (this.#delivering || this.#receive === null || this.#inbox.length === 0) return;
    this.#delivering = true;
    void this.#turn().then(() => this.#deliver());
  }

  #deliver(): void {
    this.#delivering = false;
    while (this.#life.alive && this.#inbox.length > 0) {
      // Counts as activity: what the receiver sets off belongs to this moment of virtual time.
      this.#life.enter();
      this.#receive?.(this.#inbox.shift());
    }
  }
}
