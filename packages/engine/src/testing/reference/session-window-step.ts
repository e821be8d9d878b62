import { TidemarkError } from "../../foundation/error.ts";
import type { Sample } from "./naive-aggregates.ts";
import type { ReferenceKey } from "./row.ts";
import { WindowStep, type OpenWindow, type WindowChange } from "./window-step.ts";

/**
 * Session windows. A record alone is the session [time, time + gap); it joins every session of its key that it overlaps or
 * touches. The joined session is the record's own window: it is late only if that has been dropped.
 */
export class SessionWindowStep extends WindowStep {
  protected override hasWindow(): boolean {
    return true;
  }

  protected override isCounted(open: readonly OpenWindow[], timestamp: number): boolean {
    return !this.isDropped(this.#join(open, timestamp));
  }

  protected override change(open: readonly OpenWindow[], key: ReferenceKey, sample: Sample): WindowChange {
    const { start, end, parts } = this.#join(open, sample.time);
    const revision = Math.max(0, ...parts.map((window) => window.revision));
    // The record is added to the earlier session, then the later one is joined to that.
    const [earliest, ...later] = parts;
    const samples = [...(earliest?.samples ?? []), sample, ...later.flatMap((window) => window.samples)];
    return { removed: parts, added: [{ start, end, key, samples, revision, fired: false }] };
  }

  #join(open: readonly OpenWindow[], time: number): { start: number; end: number; parts: readonly OpenWindow[] } {
    const alone = { start: time, end: time + this.#gapMs };
    const parts = open.filter((window) => window.start <= alone.end && window.end >= alone.start);
    return {
      start: Math.min(alone.start, ...parts.map((window) => window.start)),
      end: Math.max(alone.end, ...parts.map((window) => window.end)),
      parts: parts.toSorted((a, b) => a.start - b.start),
    };
  }

  get #gapMs(): number {
    if (this.node.window.kind !== "session")
      throw new TidemarkError("TM_INTERNAL", `window ${this.name} is not a session`);
    return this.node.window.gapMs;
  }
}
