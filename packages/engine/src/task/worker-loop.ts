import type { Host } from "../host/host.ts";
import type { SelfTimes, StepMeter } from "./self-times.ts";
import type { Task } from "./task.ts";

/** Work goes on for at most this long before the event loop gets a turn. */
const SLICE_MS = 5;

/**
 * Runs the tasks of one thread: in slices of synchronous work, then a turn of the event loop; sleeps until something
 * wakes it when no task can go on.
 */
export class WorkerLoop {
  readonly #host: Host;
  readonly #tasks: readonly Task[];
  readonly #onPause: () => void;
  readonly #times: SelfTimes;
  readonly #meters: { readonly loop: StepMeter; readonly eventLoop: StepMeter; readonly idle: StepMeter };
  #stopped = false;
  #wake: (() => void) | null = null;
  #woken = false;
  /** What a source or sink failed with while nobody was looking. */
  #failure: { readonly error: unknown } | null = null;
  readonly #watched = new Set<Task>();

  /** `onPause` is called whenever a slice is over. */
  constructor(host: Host, tasks: readonly Task[], options: { times: SelfTimes; onPause: () => void }) {
    const { times, onPause } = options;
    this.#host = host;
    this.#tasks = tasks;
    this.#onPause = onPause;
    this.#times = times;
    this.#meters = {
      loop: times.meter("worker", "loop"),
      eventLoop: times.meter("worker", "event-loop"),
      idle: times.meter("worker", "idle"),
    };
  }

  /** Runs until `stop`; rejects with the first error of a task. */
  async run(): Promise<void> {
    this.#times.begin(this.#meters.eventLoop);
    while (!this.#stopped) {
      const worked = this.#runSlice();
      this.#onPause();
      if (worked) await this.#host.timers.yield();
      else await this.#sleep();
      if (this.#failure !== null) throw this.#failure.error;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.wake();
  }

  /** Something may have changed for a task: a message, an element, a source that has data. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** True if anything was done. */
  #runSlice(): boolean {
    const { clock } = this.#host;
    const caller = this.#times.enterAnyway(this.#meters.loop);
    const until = this.#times.readAt + SLICE_MS;
    this.#woken = false;
    let worked = false;
    let again = true;
    while (again && !this.#stopped) {
      again = false;
      for (const task of this.#tasks) {
        if (task.nextProcessingTime() <= clock.now()) task.onProcessingTime(clock.now());
        if (task.step()) again = true;
      }
      worked ||= again;
      if (this.#times.readAt >= until) break;
    }
    this.#times.leave(caller);
    return worked;
  }

  async #sleep(): Promise<void> {
    for (const task of this.#tasks) this.#watch(task);
    if (this.#woken || this.#stopped) {
      await this.#host.timers.yield();
      return;
    }
    const caller = this.#times.enterAnyway(this.#meters.idle);
    let cancel = (): void => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      cancel = this.#host.timers.after(this.#sleepMs(), resolve);
    });
    this.#times.leave(caller);
    cancel();
    this.#wake = null;
  }

  /** Until a processing-time timer is due or a split turns idle; Infinity if only a wake can bring work. */
  #sleepMs(): number {
    const { clock } = this.#host;
    let ms = Infinity;
    for (const task of this.#tasks) {
      ms = Math.min(ms, task.nextProcessingTime() - clock.now());
      // Of a task that is blocked the deadline may have passed: it is looked at once the task can go on, which wakes the loop.
      if (task.source !== null && !task.isBlocked) ms = Math.min(ms, task.source.nextIdleAt() - clock.monotonicMs());
    }
    return Math.max(0, ms);
  }

  /** Has the loop woken when the task's source has data or its sinks have drained. */
  #watch(task: Task): void {
    if (this.#watched.has(task)) return;
    const wait = task.isWaitingForSinks ? task.sinksDrained() : task.source?.ready();
    if (wait === undefined || wait === null) return;
    this.#watched.add(task);
    const done = (): void => {
      this.#watched.delete(task);
      this.wake();
    };
    wait.then(done, (error: unknown) => {
      this.#failure ??= { error };
      done();
    });
  }
}
