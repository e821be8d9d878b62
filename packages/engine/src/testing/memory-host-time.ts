import { TidemarkError } from "../foundation/error.ts";
import type { Clock, Timers } from "../host/clock.ts";
import type { MemoryLife } from "./memory-host-life.ts";

/** Turns in a row without a call after which a process is taken to wait for time to pass. */
const IDLE_TURNS = 2;
/** Turns granted to work at one moment of virtual time; a job that never rests goes on in the next moment. */
const TURNS_MAX = 2_000;

interface PendingTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly life: MemoryLife;
  readonly run: () => void;
}

/** Virtual time of one in-memory machine: it passes only by `advance` and `runUntil`. */
export class VirtualTime {
  readonly #startAt: number;
  readonly #turn: () => Promise<void>;
  readonly #lives: ReadonlySet<MemoryLife>;
  readonly #timers = new Set<PendingTimer>();
  #elapsedMs = 0;
  #order = 0;

  /** `turn` really gives way for one turn of the event loop. */
  constructor(options: { startAt: number; turn: () => Promise<void>; lives: ReadonlySet<MemoryLife> }) {
    this.#startAt = options.startAt;
    this.#turn = options.turn;
    this.#lives = options.lives;
  }

  clock(): Clock {
    return { now: () => this.#startAt + this.#elapsedMs, monotonicMs: () => this.#elapsedMs };
  }

  timers(life: MemoryLife): Timers {
    const after = (delayMs: number, run: () => void): (() => void) => {
      life.enter();
      return this.#arm(delayMs, life, run);
    };
    return {
      after,
      sleep: async (delayMs) => {
        await new Promise<void>((resolve) => void after(delayMs, resolve));
        life.enter();
      },
      yield: async () => {
        life.enter();
        await this.#turn();
        life.enter();
      },
    };
  }

  /** Forgets the timers of dead processes. */
  dropDeadTimers(): void {
    for (const timer of this.#timers) if (!timer.life.alive) this.#timers.delete(timer);
  }

  /** Lets `ms` pass: timers that come due run in order, each at its time, and all that they set off runs before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsedMs + ms;
    await this.settle();
    for (let timer = this.#next(until); timer !== null; timer = this.#next(until)) await this.#fire(timer);
    this.#elapsedMs = until;
    await this.settle();
  }

  /** Resolves when nothing more happens without time passing (or after TURNS_MAX turns of unresting work). */
  async settle(isDone: () => boolean = () => false): Promise<void> {
    let idle = 0;
    for (let turns = 0; idle < IDLE_TURNS && !isDone() && (turns < TURNS_MAX || this.#pending() > 0); turns++) {
      const calls = this.#calls();
      await this.#turn();
      idle = this.#calls() === calls && this.#pending() === 0 ? idle + 1 : 0;
    }
  }

  /** Lets time pass from timer to timer until `promise` settles; TM_INTERNAL if no timer is left or more than `maxMs` would pass. */
  async runUntil<T>(promise: Promise<T>, maxMs: number): Promise<T> {
    const until = this.#elapsedMs + maxMs;
    let settled = false;
    const note = (): void => void (settled = true);
    promise.then(note, note);
    for (;;) {
      await this.settle(() => settled);
      if (settled) return promise;
      const timer = this.#next(until);
      if (timer === null) {
        const why =
          this.#timers.size === 0 ? "no timer is left that could bring it about" : "too much virtual time would pass";
        throw new TidemarkError("TM_INTERNAL", `what the test waits for does not happen: ${why}`, {
          facts: { elapsedMs: this.#elapsedMs, maxMs, timers: this.#timers.size },
        });
      }
      await this.#fire(timer);
    }
  }

  #arm(delayMs: number, life: MemoryLife, run: () => void): () => void {
    if (delayMs === Number.POSITIVE_INFINITY) return () => {};
    const timer = { dueMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, life, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  async #fire(timer: PendingTimer): Promise<void> {
    this.#elapsedMs = timer.dueMs;
    this.#timers.delete(timer);
    timer.run();
    await this.settle();
  }

  #next(until: number): PendingTimer | null {
    let next: PendingTimer | null = null;
    for (const timer of this.#timers) {
      const earlier =
        next === null || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order);
      if (earlier && timer.dueMs <= until) next = timer;
    }
    return next;
  }

  #calls(): number {
    let calls = 0;
    for (const life of this.#lives) calls += life.calls;
    return calls;
  }

  #pending(): number {
    let pending = 0;
    for (const life of this.#lives) if (life.alive) pending += life.pending;
    return pending;
  }
}
