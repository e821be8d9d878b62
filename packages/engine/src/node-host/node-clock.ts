import type { Clock } from "../host/clock.ts";
import { processShared } from "./process-shared.ts";

/** Wall clock and monotonic clock of this thread. */
export function nodeClock(): Clock {
  const { latestNowMs } = processShared();
  let last = 0;
  return {
    now() {
      const read = Date.now();
      // The same millisecond as before needs no look at what the other threads saw.
      if (read === last) return last;
      last = Number(raiseTo(latestNowMs, BigInt(read)));
      return last;
    },
    monotonicMs: () => performance.now(),
  };
}

/** Raises the shared maximum to `value` and gives the maximum. */
function raiseTo(maximum: BigInt64Array, value: bigint): bigint {
  let seen = Atomics.load(maximum, 0);
  while (value > seen) {
    const before = Atomics.compareExchange(maximum, 0, seen, value);
    if (before === seen) return value;
    seen = before;
  }
  return seen;
}
