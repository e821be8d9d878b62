import type { WindowSpec } from "./window-spec.ts";

/** Windows that are aligned to time; sessions are not. */
export type AlignedWindowSpec = Exclude<WindowSpec, { kind: "session" }>;

/**
 * Arithmetic of aligned windows and the panes they share. A pane is the widest slice of time that no window begins or ends in;
 * it is named by its start. A window is named by its end: no two windows of one spec have the same.
 */
export class PaneWindows {
  readonly paneMs: number;
  readonly #spec: AlignedWindowSpec;

  constructor(spec: AlignedWindowSpec) {
    this.#spec = spec;
    this.paneMs = paneWidth(spec);
  }

  /** True where a pane belongs to more than one window. */
  get shared(): boolean {
    return this.#spec.sizeMs > this.paneMs;
  }

  paneOf(time: number): number {
    return align(time, this.paneMs, this.#spec.offsetMs);
  }

  /** Ends of the windows that contain a pane, ascending; none if it lies in a gap between hopping windows. */
  endsOf(pane: number): number[] {
    const ends: number[] = [];
    const spec = this.#spec;
    if (spec.kind === "cumulate") {
      const start = align(pane, spec.sizeMs, spec.offsetMs);
      for (let end = this.#firstCumulatedEnd(pane, start, spec.stepMs); end <= start + spec.sizeMs; end += spec.stepMs)
        ends.push(end);
      return ends;
    }
    const period = spec.kind === "hopping" ? spec.slideMs : spec.sizeMs;
    for (let end = this.lastEnd(pane); end > pane; end -= period) ends.push(end);
    return ends.reverse();
  }

  /** End of the last window that contains a pane; not beyond the pane's start if none does. */
  lastEnd(pane: number): number {
    const { sizeMs, offsetMs } = this.#spec;
    const period = this.#spec.kind === "hopping" ? this.#spec.slideMs : sizeMs;
    return align(pane, period, offsetMs) + sizeMs;
  }

  startOf(end: number): number {
    const { kind, sizeMs, offsetMs } = this.#spec;
    return kind === "cumulate" ? align(end - this.paneMs, sizeMs, offsetMs) : end - sizeMs;
  }

  /** Last pane of a window. */
  lastPane(end: number): number {
    return end - this.paneMs;
  }

  /** Smallest end, of the windows that contain a pane, that is beyond `time`; Infinity if there is none. */
  nextEnd(pane: number, time: number): number {
    const last = this.lastEnd(pane);
    const beyond = Math.max(pane, time);
    if (last <= beyond) return Number.POSITIVE_INFINITY;
    const spec = this.#spec;
    if (spec.kind === "cumulate") {
      const first = this.#firstCumulatedEnd(pane, last - spec.sizeMs, spec.stepMs);
      return beyond < first ? first : first + (Math.floor((beyond - first) / spec.stepMs) + 1) * spec.stepMs;
    }
    const period = spec.kind === "hopping" ? spec.slideMs : spec.sizeMs;
    return last - (Math.ceil((last - beyond) / period) - 1) * period;
  }

  #firstCumulatedEnd(pane: number, start: number, stepMs: number): number {
    return start + (Math.floor((pane - start) / stepMs) + 1) * stepMs;
  }
}

function paneWidth(spec: AlignedWindowSpec): number {
  switch (spec.kind) {
    case "tumbling":
      return spec.sizeMs;
    case "hopping":
      return gcd(spec.sizeMs, spec.slideMs);
    case "cumulate":
      return gcd(spec.sizeMs, spec.stepMs);
  }
}

/** The last multiple of `period` plus `offset` that is not beyond `time`. */
function align(time: number, period: number, offset: number): number {
  return Math.floor((time - offset) / period) * period + offset;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
