import { EventQueue } from "./event-queue.ts";
import type { Life } from "./life.ts";
import type { Choices } from "./random.ts";
import type { Strategy } from "./schedule-strategy.ts";
import type { Trace } from "./trace.ts";

/** Kinds of events; each is a point at which the order is chosen. */
export type EventKind =
  | "timer"
  | "turn"
  | "disk"
  | "store"
  | "message"
  | "thread"
  | "stream"
  | "compression"
  | "action";

/** Events of one lane come in the order in which they are due, never overtaking each other. */
export class Lane {
  /** For a first-in-first-out lane: nothing of it is due before this. */
  dueMs = 0;
}

/** Something that may come next. */
export interface EventRequest {
  readonly kind: EventKind;
  readonly actor: string;
  readonly what: string;
  /** Whose call it is; nothing comes for a dead life, or for a paused one. Null: the world outside of processes. */
  readonly life: Life | null;
  readonly lane?: Lane;
  /** True: not before what was put into the lane earlier, whatever its delay. False: lanes of timers. */
  readonly isFifo?: boolean;
  readonly delayMs?: number;
  /** What happens. A promise is waited for in real time, while virtual time and everything else stands still. */
  readonly run: () => void | Promise<void>;
  /** Called instead if its life ends first: whether it happened all the same is decided there. */
  readonly abandon?: () => void;
}

interface PendingEvent extends EventRequest {
  readonly dueMs: number;
  readonly order: number;
  state: "later" | "ready" | "held" | "gone";
  readySince: number;
}

export interface SchedulerOptions {
  readonly choices: Choices;
  readonly strategy: Strategy;
  readonly trace: Trace;
  /** Lets everything run that needs no event: all microtasks. */
  readonly drain: () => Promise<void>;
  /** Probability, per step, that time passes to the next due event although others are ready: a slow machine. */
  readonly timePasses: number;
}

/** Why {@link Scheduler.run} came back. */
export type RunEnd = "done" | "idle" | "steps";

/**
 * Owns virtual time and decides the order of everything. One step: let all microtasks run, choose one of the events that are ready
 * (or let time pass to the next), have it happen. Nothing else makes anything happen.
 */
export class Scheduler {
  readonly trace: Trace;
  readonly #choices: Choices;
  readonly #strategy: Strategy;
  readonly #drain: () => Promise<void>;
  readonly #timePasses: number;
  readonly #later = new EventQueue<PendingEvent>();
  #ready: PendingEvent[] = [];
  #held: PendingEvent[] = [];
  #nowMs = 0;
  #order = 0;
  #steps = 0;

  constructor(options: SchedulerOptions) {
    this.trace = options.trace;
    this.#choices = options.choices;
    this.#strategy = options.strategy;
    this.#drain = options.drain;
    this.#timePasses = options.timePasses;
  }

  /** Virtual milliseconds since the start. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  /** Events that wait for their turn or their time, those of paused processes aside. */
  get pending(): number {
    return this.#later.size + this.#ready.length;
  }

  /** Computing takes time, too. */
  spend(ms: number): void {
    this.#nowMs += ms;
  }

  /** Puts an event among those that may come; gives what takes it back, any number of times. An infinite delay never comes. */
  schedule(request: EventRequest): () => void {
    const { delayMs = 0, life, lane, isFifo = false } = request;
    if (delayMs === Number.POSITIVE_INFINITY || life?.isAlive === false) return () => undefined;
    let dueMs = this.#nowMs + Math.max(0, delayMs);
    if (lane !== undefined && isFifo) lane.dueMs = dueMs = Math.max(dueMs, lane.dueMs);
    const event: PendingEvent = { ...request, dueMs, order: this.#order++, state: "later", readySince: 0 };
    if (dueMs <= this.#nowMs) this.#makeReady(event);
    else this.#later.push(event);
    return () => {
      this.#cancel(event);
    };
  }

  /** Writes a line into the trace that no event stands for. */
  note(kind: string, actor: string, what: string): void {
    this.trace.note({ step: this.#steps, atMs: this.#nowMs, kind, actor, what });
  }

  /** Drops the events of lives that have ended, and has each decide whether it happened all the same. */
  abandon(lives: readonly Life[]): void {
    const dead = new Set(lives);
    const isDead = (event: PendingEvent): boolean => event.life !== null && dead.has(event.life);
    const dropped = [...this.#ready.filter(isDead), ...this.#held.filter(isDead), ...this.#later.extract(isDead)].sort(
      (a, b) => a.order - b.order,
    );
    this.#ready = this.#ready.filter((event) => !isDead(event));
    this.#held = this.#held.filter((event) => !isDead(event));
    for (const event of dropped) {
      if (event.state === "gone") continue;
      event.state = "gone";
      event.abandon?.();
    }
  }

  /** A process was paused or resumed: its events wait, or may come again. */
  reconsider(): void {
    const events = [...this.#ready, ...this.#held].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    this.#ready = [];
    this.#held = [];
    for (const event of events) this.#makeReady(event);
  }

  /**
   * Takes steps until `until` is true ("done"), nothing is left that could happen ("idle"), or `stepsMax` are taken ("steps").
   * `onStep` is called before each step, when all microtasks have run: the place to kill a process between two events.
   */
  async run(
    options: { until?: () => boolean; stepsMax?: number; onStep?: (step: number) => void } = {},
  ): Promise<RunEnd> {
    const { until = () => false, stepsMax = Number.POSITIVE_INFINITY, onStep } = options;
    for (let taken = 0; ; taken++) {
      await this.#drain();
      if (until()) return "done";
      if (taken >= stepsMax) return "steps";
      onStep?.(this.#steps);
      if (onStep !== undefined && until()) return "done";
      if (!(await this.#step())) return "idle";
    }
  }

  async #step(): Promise<boolean> {
    this.#promote();
    if (this.#ready.length > 0 && this.#later.size > 0 && this.#choices.chance(this.#timePasses)) this.#passTime();
    while (this.#ready.length === 0) if (!this.#passTime()) return false;
    this.#steps++;
    const event = this.#choose();
    event.state = "gone";
    this.note(event.kind, event.actor, event.what);
    await event.run();
    return true;
  }

  #choose(): PendingEvent {
    const ready = this.#ready;
    const candidates = ready.map((event) => ({
      actor: event.actor,
      kind: event.kind,
      waitedSteps: this.#steps - event.readySince,
    }));
    const index = ready.length === 1 ? 0 : this.#strategy(candidates, this.#choices);
    const chosen = ready[index] as PendingEvent;
    const first = chosen.lane === undefined ? chosen : (ready.find(({ lane }) => lane === chosen.lane) as PendingEvent);
    ready.splice(ready.indexOf(first), 1);
    return first;
  }

  /** Moves time to the next due event; false if there is none. */
  #passTime(): boolean {
    const next = this.#later.peek();
    if (next === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    this.#promote();
    return true;
  }

  #promote(): void {
    for (let next = this.#later.peek(); next !== undefined && next.dueMs <= this.#nowMs; next = this.#later.peek()) {
      this.#later.pop();
      if (next.state !== "gone") this.#makeReady(next);
    }
  }

  #makeReady(event: PendingEvent): void {
    const isPaused = event.life?.isPaused ?? false;
    event.state = isPaused ? "held" : "ready";
    event.readySince = this.#steps;
    (isPaused ? this.#held : this.#ready).push(event);
  }

  #cancel(event: PendingEvent): void {
    if (event.state === "ready") this.#ready.splice(this.#ready.indexOf(event), 1);
    if (event.state === "held") this.#held.splice(this.#held.indexOf(event), 1);
    event.state = "gone";
  }
}
