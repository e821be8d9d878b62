import {
  TidemarkError,
  type Host,
  type Json,
  type MessagePortLike,
  type Thread,
  type Threads,
  type TransferablePort,
} from "@tidemark/engine/host";
import { Life } from "../life.ts";
import { simulatedChannel, type PortOptions, type SimulatedPort } from "./simulated-port.ts";

/** What a thread is given: as a module that runs in a real thread gets it. */
export interface ThreadContext {
  readonly start: Json;
  /** To whoever started it. The thread lives on while a port has a receiver and is not closed at either end. */
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
      const thread = new IsolateThread(options, { life: threadLife, near, own: [far, ...given] });
      const hooks = { onClose: () => thread.settle(), onError: (error: unknown) => thread.fail(error) };
      const context: ThreadContext = {
        start: structuredClone(start),
        port: far.openIn(threadLife, hooks),
        ports: given.map((port) => port.openIn(threadLife, hooks)),
      };
      scheduler.schedule({
        kind: "thread",
        actor: threadLife.name,
        what: "starts",
        life: threadLife,
        run: () => {
          thread.run(options.main(options.hostFor(threadLife), context));
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
  /** Ports within the thread. */
  readonly #own: readonly SimulatedPort[];
  readonly #exit: (error: Error | null) => void;
  #hasReturned = false;
  #isOver = false;

  constructor(
    options: SimulatedThreadsOptions,
    thread: { life: Life; near: SimulatedPort; own: readonly SimulatedPort[] },
  ) {
    const { life, near, own } = thread;
    this.#options = options;
    this.#life = life;
    this.#near = near;
    this.#own = own;
    this.port = near.openIn(options.life, { onError: (error) => options.onError(options.life, error) });
    const { promise, resolve } = Promise.withResolvers<Error | null>();
    this.exited = promise;
    this.#exit = resolve;
  }

  run(body: Promise<void>): void {
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
    if (this.#hasReturned && !this.#own.some((port) => port.isListening)) this.#end(null);
  }

  fail(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#end(
      new TidemarkError("TM_WORKER", `a worker thread failed: ${why}`, { cause, facts: { thread: this.#life.name } }),
    );
  }

  /** What the thread said last comes before the news of its end. */
  #end(error: Error | null): void {
    if (this.#isOver || !this.#life.isAlive) return;
    this.#isOver = true;
    const { life, end } = this.#options;
    end(this.#life);
    for (const port of this.#own.slice(1)) port.shut();
    this.#near.afterMessages({
      actor: life.name,
      what: `${this.#life.name} has ended`,
      life,
      run: () => this.#exit(error),
    });
  }
}
