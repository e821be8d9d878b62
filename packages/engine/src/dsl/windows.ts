import { durationMs, type Duration } from "../foundation/duration.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { WindowSpec } from "../operator/window-spec.ts";

/** Windows begin at multiples of their size (or slide) since the epoch, plus this. */
export interface WindowOptions {
  readonly offset?: Duration;
}

/** Windows side by side, each `size` long: `tumbling("1h")`. */
export function tumbling(size: Duration, options: WindowOptions = {}): WindowSpec {
  const sizeMs = positive(size, "size of a tumbling window");
  return { kind: "tumbling", sizeMs, offsetMs: offsetMs(options, sizeMs) };
}

/** Windows of `size` that begin every `slide`, so that each record is in size / slide of them: `hopping("1h", "10m")`. */
export function hopping(size: Duration, slide: Duration, options: WindowOptions = {}): WindowSpec {
  const sizeMs = positive(size, "size of a hopping window");
  const slideMs = positive(slide, "slide of a hopping window");
  checkDivides(slideMs, sizeMs, `the slide of a hopping window must divide its size`, { size, slide });
  return { kind: "hopping", sizeMs, slideMs, offsetMs: offsetMs(options, slideMs) };
}

/**
 * Windows that grow: of each `size`, one that ends after the first `step`, one after the second, and so on up to the whole:
 * `cumulate("1d", "1h")` gives the day so far at each full hour.
 */
export function cumulate(size: Duration, step: Duration, options: WindowOptions = {}): WindowSpec {
  const sizeMs = positive(size, "size of a cumulate window");
  const stepMs = positive(step, "step of a cumulate window");
  checkDivides(stepMs, sizeMs, `the step of a cumulate window must divide its size`, { size, step });
  return { kind: "cumulate", sizeMs, stepMs, offsetMs: offsetMs(options, sizeMs) };
}

/** Windows per key that end when no record came for `gap`: `session("30m")`. */
export function session(gap: Duration): WindowSpec {
  return { kind: "session", gapMs: positive(gap, "gap of a session window") };
}

function positive(duration: Duration, what: string): number {
  const ms = durationMs(duration, what);
  if (ms > 0) return ms;
  throw new TidemarkError("TM_DURATION", `the ${what} must be longer than nothing, such as "15m"`, {
    facts: { given: duration },
  });
}

/** Offsets a whole period apart are the same windows; the least one is kept, so that equal windows have equal specs. */
function offsetMs(options: WindowOptions, periodMs: number): number {
  return options.offset === undefined ? 0 : durationMs(options.offset, "offset of a window") % periodMs;
}

function checkDivides(part: number, whole: number, message: string, facts: Readonly<Record<string, string>>): void {
  if (whole % part !== 0) throw new TidemarkError("TM_DURATION", message, { facts });
}
