import type { Timers } from "../host/clock.ts";

/** The longest delay setTimeout takes; a longer one would fire at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** Timers of this thread. `after` does not keep the process alive; an awaited `sleep` and `yield` do. */
export function nodeTimers(): Timers {
  return {
    after: (delayMs, run) => arm(delayMs, run, false),
    sleep: (delayMs) => new Promise((resolve) => void arm(delayMs, resolve, true)),
    // Two turns: one alone may end before the timers phase when it begins inside an I/O callback.
    yield: () => new Promise((resolve) => void setImmediate(() => void setImmediate(resolve))),
  };
}

function arm(delayMs: number, run: () => void, holdsProcess: boolean): () => void {
  if (delayMs === Number.POSITIVE_INFINITY) return () => {};
  let rest = delayMs;
  let timer: NodeJS.Timeout;
  const next = (): void => {
    const part = Math.min(rest, DELAY_MS_MAX);
    rest -= part;
    timer = setTimeout(rest > 0 ? next : run, part);
    if (!holdsProcess) timer.unref();
  };
  next();
  return () => clearTimeout(timer);
}
