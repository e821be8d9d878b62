import { TidemarkError, type MessagePortLike } from "@tidemark/engine/host";
import type { Life } from "../life.ts";
import type { Choices } from "../random.ts";
import { Lane, type Scheduler } from "../scheduler.ts";

export interface PortOptions {
  readonly scheduler: Scheduler;
  readonly choices: Choices;
  /** A message takes up to this long; none overtakes another of its port. */
  readonly latencyMs: number;
}

/** Two connected ports. */
export function simulatedChannel(options: PortOptions): readonly [SimulatedPort, SimulatedPort] {
  const left = new SimulatedPort(options);
  const right = new SimulatedPort(options);
  left.connect(right);
  right.connect(left);
  return [left, right];
}

/**
 * One end of a channel. A message is cloned when it is posted and delivered by an event of its own; what was posted before a close, or
 * before its sender was killed, still comes.
 */
export class SimulatedPort {
  readonly #options: PortOptions;
  readonly #lane = new Lane();
  /** Arrived while there was no receiver. */
  #inbox: unknown[] = [];
  #other: SimulatedPort | null = null;
  #life: Life | null = null;
  #receive: ((message: unknown) => void) | null = null;
  #isOpened = false;
  #isClosed = false;
  /** The other end is closed: nothing comes behind what was posted. */
  #isDeaf = false;
  #onClose: () => void = () => undefined;

  constructor(options: PortOptions) {
    this.#options = options;
  }

  connect(other: SimulatedPort): void {
    this.#other = other;
  }

  /** True once it was closed here. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True if a receiver waits for messages. */
  get isListening(): boolean {
    return this.#receive !== null && !this.#isClosed;
  }

  /** Makes it usable in a process or thread, once. `onClose` hears of its closing; `onError` of what a receiver throws. */
  openIn(life: Life, hooks: { onClose?: () => void; onError: (error: unknown) => void }): MessagePortLike {
    if (this.#isOpened) throw new TidemarkError("TM_INTERNAL", "a port is opened or given away once");
    this.#isOpened = true;
    this.#life = life;
    this.#onClose = hooks.onClose ?? this.#onClose;
    return {
      post: (message, transfer) => {
        this.#post(message, transfer);
      },
      onMessage: (receive) => {
        if (this.#receive !== null) throw new TidemarkError("TM_INTERNAL", "a port has one receiver");
        this.#receive = (message) => {
          try {
            receive(message);
          } catch (error) {
            hooks.onError(error);
          }
        };
        for (const message of this.#inbox.splice(0)) this.#schedule(message);
        if (this.#isDeaf)
          this.afterMessages({ actor: life.name, what: "port closed", life, run: () => this.#closed() });
      },
      close: () => {
        if (life.isAlive) this.shut();
      },
    };
  }

  /** Runs `last` behind everything that was posted to this port before. */
  afterMessages(last: {
    readonly actor: string;
    readonly what: string;
    readonly life: Life;
    readonly run: () => void;
  }): void {
    this.#options.scheduler.schedule({ kind: "thread", ...last, lane: this.#lane, isFifo: true });
  }

  /** Closes it here at once, and at the other end behind what was posted. */
  shut(): void {
    if (this.#isClosed) return;
    this.#closed();
    const other = this.#other;
    if (other === null || other.#isClosed) return;
    other.#isDeaf = true;
    if (other.#life !== null && other.#receive !== null) {
      other.afterMessages({
        actor: other.#life.name,
        what: "port closed",
        life: other.#life,
        run: () => other.#closed(),
      });
    }
  }

  #post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#life?.isAlive !== true) return;
    // Also with nobody at the other end: what cannot be cloned must not depend on that.
    const copy: unknown = structuredClone(message, { transfer: [...transfer] });
    const other = this.#other;
    if (this.#isClosed || other === null || other.#isClosed) return;
    if (other.#receive === null) other.#inbox.push(copy);
    else other.#schedule(copy);
  }

  #schedule(message: unknown): void {
    const { scheduler, choices, latencyMs } = this.#options;
    const life = this.#life;
    if (life === null) return;
    scheduler.schedule({
      kind: "message",
      actor: life.name,
      what: `message ${kindOf(message)}`,
      life,
      lane: this.#lane,
      isFifo: true,
      delayMs: latencyMs > 0 ? choices.upTo(latencyMs * 10) / 10 : 0,
      run: () => {
        if (!this.#isClosed) this.#receive?.(message);
      },
    });
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inbox = [];
    this.#onClose();
  }
}

/** A word about a message, for the timeline. */
function kindOf(message: unknown): string {
  if (typeof message !== "object" || message === null) return typeof message;
  const { kind, channel } = message as { kind?: unknown; channel?: unknown };
  if (typeof kind === "string") return kind;
  return typeof channel === "string" ? `of channel ${channel}` : "object";
}
