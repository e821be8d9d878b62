import { TidemarkError, type Host, type Json, type MessagePortLike, type Thread, type Threads, type TransferablePort } from "@tidemark/engine/host";
import { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";
import { simulatedChannel, SimulatedPort, type PortOptions } from "./simulated-port.ts";

/** What a thread is given: as a module that runs in a real thread gets it. */
export interface ThreadContext {
  readonly start: Json;
  /** To whoever started it. Once it has a receiver it must be closed for the thread to end. */
  readonly port: MessagePortLike;
  readonly ports: readonly MessagePortLike[];
}

/** The body of a thread: what its module would do. It sees the world through `host` alone. */
export type ThreadMain = (host: Host, thread: ThreadContext) => Promise<void>;

export interface SimulatedThreadsOptions extends PortOptions {
  readonly life: Life;
  readonly main: ThreadMain;
  /** A host for a thread of this process. */
  readonly hostFor: (life: Life) => Host;
  /** Ends lives; what they had in flight is decided. */
  readonly end: (life: Life) => void;
  /** A receiver of this process threw: nobody is above it to catch that. */
  readonly onError: (life: Life, error: unknown) => void;
}

/** Threads as isolates: functions that share nothing with their process but what messages carry. */
export function simulatedThreads(options: SimulatedThreadsOptions): Threads {
  const { life, scheduler } = options;
  let started = 0;
  return {
    channel() {
      const [left, right] = simulatedChannel(options);
      return [new GivablePort(left, options), new GivablePort(right, options)];
    },
    start({ name, start, ports }) {
      const threadLife = new Life(`${life.name}/${name}#${++started}`, life);
      const given = ports.map((port) => (port as GivablePort).take());
      const [near, far] = simulatedChannel(options);
      const thread = new IsolateThread(options, threadLife, near);
      const context: ThreadContext = {
        start: structuredClone(start),
        port: far.openIn(threadLife, { onClose: () => thread.settle(), onError: (error) => thread.fail(error) }),
        ports: given.map((port) => port.openIn(threadLife, { onError: (error) => thread.fail(error) })),
      };
      scheduler.schedule({
        kind: "thread",
        actor: threadLife.name,
        what: "starts",
        life: threadLife,
        run: () => {
          thread.run(options.main(options.hostFor(threadLife), context), far);
        },
      });
      return thread;
    },
  };
}

/** A port of a channel until it is opened here or given to a thread. */
class GivablePort implements TransferablePort {
  readonly #options: SimulatedThreadsOptions;
  #port: SimulatedPort | null;

  constructor(port: SimulatedPort, options: SimulatedThreadsOptions) {
    this.#port = port;
    this.#options = options;
  }

  open(): MessagePortLike {
    const { life, onError } = this.#options;
    return this.take().openIn(life, { onError: (error) => onError(life, error) });
  }

  take(): SimulatedPort {
    const port = this.#port;
    if (port === null) throw new TidemarkError("TM_INTERNAL", "a port is opened or given away once");
    this.#port = null;
    return port;
  }
}

class IsolateThread implements Thread {
  readonly port: MessagePortLike;
  readonly exited: Promise<Error | null>;
  readonly #options: SimulatedThreadsOptions;
  readonly #life: Life;
  readonly #near: SimulatedPort;
  readonly #exit: (error: Error | null) => void;
  #far: SimulatedPort | null = null;
  #hasReturned = false;
  #isOver = false;

  constructor(options: SimulatedThreadsOptions, life: Life, near: SimulatedPort) {
    this.#options = options;
    this.#life = life;
    this.#near = near;
    this.port = near.openIn(options.life, { onError: (error) => options.onError(options.life, error) });
    const { promise, resolve } = Promise.withResolvers<Error | null>();
    this.exited = promise;
    this.#exit = resolve;
  }

  run(body: Promise<void>, far: SimulatedPort): void {
    this.#far = far;
    body.then(
      () => {
        this.#hasReturned = true;
        this.settle();
      },
      (error: unknown) => {
        this.fail(error);
      },
    );
  }

  async terminate(): Promise<void> {
    this.#end(null);
    await this.exited;
  }

  /** Ends the thread if it has nothing left to wait for. */
  settle(): void {
    if (this.#hasReturned && this.#far?.isListening === false) this.#end(null);
  }

  fail(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#end(new TidemarkError("TM_WORKER", `a worker thread failed: ${why}`, { cause, facts: { thread: this.#life.name } }));
  }

  /** What the thread said last comes before the news of its end. */
  #end(error: Error | null): void {
    if (this.#isOver || !this.#life.isAlive) return;
    this.#isOver = true;
    const { life, end } = this.#options;
    end(this.#life);
    this.#near.afterMessages({ actor: life.name, what: `${this.#life.name} has ended`, life, run: () => this.#exit(error) });
  }
}
