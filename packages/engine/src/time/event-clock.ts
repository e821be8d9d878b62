import { TidemarkError } from "../foundation/error.ts";
import type { Clock } from "../host/clock.ts";
import { MAX_WATERMARK, NO_EVENT_TIME, NO_WATERMARK } from "./watermark.ts";

export interface EventClockOptions {
  readonly clock: Clock;
  /** How much older than the newest record a record may be. */
  readonly outOfOrderMs: number;
  /** Rows further ahead of the wall clock than this do not move the watermark; Infinity: all do. */
  readonly maxAheadMs: number;
  /** A split that has had nothing to give for this long is idle; null: never. */
  readonly idleMs: number | null;
  /** `maxTimestamp` of the checkpoint that is restored, null for a fresh split. */
  readonly maxTimestamp: number | null;
}

/**
 * Event time of one split: turns event times into the watermark that holds before each row,
 * max event time so far − outOfOrderMs − 1. Depends on the rows alone, but for rows from the far future, which are
 * measured against the wall clock.
 */
export class EventClock {
  readonly #options: EventClockOptions;
  #max: number;
  #farFuture = 0;
  #isEnded = false;
  /** Monotonic time of the first of the polls in a row that found nothing. */
  #waitingSince: number | null = null;
  #movedAt: number | null = null;

  constructor(options: EventClockOptions) {
    this.#options = options;
    this.#max = options.maxTimestamp ?? NO_EVENT_TIME;
  }

  /** The watermark that holds now; NO_WATERMARK before the first event time. */
  get watermark(): number {
    if (this.#isEnded) return MAX_WATERMARK;
    return this.#max === NO_EVENT_TIME ? NO_WATERMARK : this.#max - this.#options.outOfOrderMs - 1;
  }

  /** What a checkpoint notes, so that the watermark goes on exactly where it was; null: no event time yet. */
  get maxTimestamp(): number | null {
    return this.#max === NO_EVENT_TIME ? null : this.#max;
  }

  /** Rows so far that were too far ahead of the wall clock to move the watermark. */
  get farFuture(): number {
    return this.#farFuture;
  }

  /** Wall clock when the watermark last moved in this process, epoch ms; null: it has not. */
  get movedAt(): number | null {
    return this.#movedAt;
  }

  /** Fills `watermarks[i]` with the watermark that holds before row i, for the first `length` event times, and advances. */
  advance(timestamps: Float64Array, length: number, watermarks: Float64Array): void {
    const { clock, outOfOrderMs, maxAheadMs } = this.#options;
    const now = clock.now();
    const limit = now + maxAheadMs;
    let max = this.#max;
    // -Infinity - n stays -Infinity: NO_EVENT_TIME gives NO_WATERMARK.
    let watermark = max - outOfOrderMs - 1;
    // Most rows are no later than one before, and only those beyond this can matter.
    let least = Math.min(max, limit);
    for (let row = 0; row < length; row++) {
      watermarks[row] = watermark;
      const time = timestamps[row] as number;
      if (time <= least) continue;
      if (time > limit) {
        this.#farFuture++;
      } else if (time > max) {
        max = time;
        watermark = max - outOfOrderMs - 1;
        least = Math.min(max, limit);
      }
    }
    if (max > this.#max) this.#movedAt = now;
    this.#max = max;
    if (length > 0) this.#waitingSince = null;
  }

  /** The source itself knows this watermark to hold now; a lower one than the clock's is ignored. */
  raiseTo(watermark: number): void {
    if (watermark === MAX_WATERMARK) this.end();
    else if (watermark > this.watermark) {
      // Kept as the event time that gives it, so that a checkpoint's maxTimestamp restores it.
      this.#max = watermark + this.#options.outOfOrderMs + 1;
      this.#movedAt = this.#options.clock.now();
    }
    this.#waitingSince = null;
  }

  /** The split has ended: MAX_WATERMARK from now on. */
  end(): void {
    this.#isEnded = true;
    this.#movedAt = this.#options.clock.now();
    this.#waitingSince = null;
  }

  /**
   * A poll of the split found nothing. Time spent not polling (back-pressure) before the first such poll does not count. Returns
   * whether the split is idle now.
   */
  waiting(): boolean {
    if (this.#isEnded) return false;
    this.#waitingSince ??= this.#options.clock.monotonicMs();
    return this.idle;
  }

  /** True once the split has had nothing to give for `idleMs`; false again after its next row. */
  get idle(): boolean {
    return this.#options.clock.monotonicMs() >= this.idleAt;
  }

  /** Monotonic ms at which the split turns idle if nothing comes; Infinity while it is not waiting. */
  get idleAt(): number {
    const { idleMs } = this.#options;
    return this.#waitingSince === null || idleMs === null ? Number.POSITIVE_INFINITY : this.#waitingSince + idleMs;
  }

  get ended(): boolean {
    return this.#isEnded;
  }
}

/** The error of a record whose event time is not one; the record is invalid. */
export function invalidEventTime(value: unknown): TidemarkError {
  const shown = typeof value === "number" || value === null || value === undefined ? String(value) : typeof value;
  return new TidemarkError(
    "TM_RECORD",
    "the eventTime function of the source must return a finite number, epoch milliseconds (Date.parse of a text that is no date gives NaN)",
    { facts: { returned: shown } },
  );
}
