import type { Clock, Timers } from "@tidemark/engine/host";
import type { Life } from "./life.ts";
import { Lane, type Scheduler } from "./scheduler.ts";

/** The wall clock of a machine: virtual time plus an offset that may jump. */
export class WallClock {
  offsetMs: number;

  constructor(startAt: number) {
    this.offsetMs = startAt;
  }
}

/** Clock of one process. Each reading takes `readMs`, so that a loop that waits for time to pass ends. */
export function simulatedClock(options: { scheduler: Scheduler; wall: WallClock; life: Life; readMs: number }): Clock {
  const { scheduler, wall, life, readMs } = options;
  let latest = Number.NEGATIVE_INFINITY;
  const pass = (): void => {
    if (life.isAlive) scheduler.spend(readMs);
  };
  return {
    now() {
      pass();
      // The wall clock may be set back; a process does not see that.
      latest = Math.max(latest, Math.floor(wall.offsetMs + scheduler.nowMs));
      return latest;
    },
    monotonicMs() {
      pass();
      return scheduler.nowMs;
    },
  };
}

/** Timers of one process: each is an event, in order of its time; it may come late, never early. */
export function simulatedTimers(options: { scheduler: Scheduler; life: Life }): Timers {
  const { scheduler, life } = options;
  const lane = new Lane();
  const after = (delayMs: number, run: () => void): (() => void) =>
    scheduler.schedule({ kind: "timer", actor: life.name, what: `timer of ${delayMs} ms`, life, lane, delayMs, run });
  return {
    after,
    sleep: (delayMs) => new Promise((resolve) => void after(delayMs, resolve)),
    yield: () =>
      new Promise(
        (resolve) => void scheduler.schedule({ kind: "turn", actor: life.name, what: "turn", life, run: resolve }),
      ),
  };
}
