import type { Window } from "../../operator/window-spec.ts";
import { sliceOf, windowsOf, type AlignedWindowSpec } from "./assign-windows.ts";
import type { Sample } from "./naive-aggregates.ts";
import type { ReferenceKey } from "./row.ts";
import { WindowStep, type OpenWindow, type WindowChange } from "./window-step.ts";

/** Tumbling, hopping and cumulate windows. */
export class AlignedWindowStep extends WindowStep {
  protected override hasWindow(timestamp: number): boolean {
    return windowsOf(this.#spec, timestamp).length > 0;
  }

  protected override isCounted(_open: readonly OpenWindow[], timestamp: number): boolean {
    return this.#live(timestamp).length > 0;
  }

  protected override change(open: readonly OpenWindow[], key: ReferenceKey, sample: Sample): WindowChange {
    const removed: OpenWindow[] = [];
    const added = this.#live(sample.time).map(({ start, end }): OpenWindow => {
      const before = open.find((window) => window.start === start && window.end === end);
      if (before === undefined) return { start, end, key, samples: [sample], revision: 0, fired: false };
      removed.push(before);
      return { ...before, samples: this.#insert(before.samples, sample) };
    });
    return { removed, added };
  }

  /** Earlier slices of time first, within a slice as they came. */
  #insert(samples: readonly Sample[], sample: Sample): readonly Sample[] {
    const spec = this.#spec;
    const slice = sliceOf(spec, sample.time);
    const position = samples.findLastIndex((each) => sliceOf(spec, each.time) <= slice) + 1;
    return samples.toSpliced(position, 0, sample);
  }

  /** Windows of a time that have not been dropped. */
  #live(time: number): readonly Window[] {
    return windowsOf(this.#spec, time).filter((window) => !this.isDropped(window));
  }

  get #spec(): AlignedWindowSpec {
    return this.node.window as AlignedWindowSpec;
  }
}
