/** Clocks of a host. */
export interface Clock {
  /** Wall clock, epoch milliseconds; never runs backwards within a process. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary start; for measuring and for timeouts. */
  monotonicMs(): number;
}

/** Timers of a host. A running timer does not keep the process alive unless something awaits it. */
export interface Timers {
  /** Calls `run` once after `delayMs`; the returned function cancels it and may be called any number of times. */
  after(delayMs: number, run: () => void): () => void;
  /** Resolves after `delayMs`. */
  sleep(delayMs: number): Promise<void>;
  /** Gives way for one turn of the event loop: I/O completions, messages and timers that are due run before it resolves. */
  yield(): Promise<void>;
}
