import { TidemarkError } from "../foundation/error.ts";

/** How often the timer of a key may set itself again without time getting anywhere. */
const REARMS_MAX = 100_000;

/**
 * Finds timers that would fire for ever: set again for a time that is not later than the one that fires, or, once the input has ended
 * and every time has passed, at all.
 */
export class RearmLimit {
  /** Per row and timer, since the last reset; only timers that set themselves again are in it. */
  readonly #counts = new Map<number, number>();
  #firing: { readonly row: number; readonly timer: number; readonly time: number } | null = null;

  /** Time went on. */
  reset(): void {
    if (this.#counts.size > 0) this.#counts.clear();
  }

  /** A timer begins to fire. */
  begin(firing: { readonly row: number; readonly timer: number; readonly time: number }): void {
    this.#firing = firing;
  }

  end(): void {
    this.#firing = null;
  }

  /** A timer is being set; TM_USER_CODE if that can never end. */
  check({ row, timer, time, atEnd }: { row: number; timer: number; time: number; atEnd: boolean }): void {
    const firing = this.#firing;
    if (firing === null || firing.row !== row || (!atEnd && time > firing.time)) return;
    const id = row * 32 + timer;
    const count = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.set(id, count);
    if (count <= REARMS_MAX) return;
    throw new TidemarkError(
      "TM_USER_CODE",
      "a timer sets itself again without end; at the end of the input c.watermark is Infinity: do not set a timer again then",
      { facts: { times: REARMS_MAX } },
    );
  }
}
