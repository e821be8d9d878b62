import type { WindowNode } from "../../graph/logical-graph.ts";
import type { Window } from "../../operator/window-spec.ts";
import { checkCustom, resultsOf, sampleOf, type Sample } from "./naive-aggregates.ts";
import type { ReferenceJob } from "./reference-job.ts";
import type { ReferenceKey, Row } from "./row.ts";
import { Step } from "./step.ts";

/** A window of one key that holds something. */
export interface OpenWindow extends Window {
  readonly key: ReferenceKey;
  /** In the order in which the aggregates see them. */
  readonly samples: readonly Sample[];
  /** Revision of its next result. */
  revision: number;
  /** False while it waits for the watermark to pass its end. */
  fired: boolean;
}

/** What a record does to the windows of its key: the ones it is counted in replace others (by being the same, or by merging). */
export interface WindowChange {
  readonly removed: readonly OpenWindow[];
  /** In order of end. */
  readonly added: readonly OpenWindow[];
}

/** What aligned windows and sessions have in common: when they fire, what they say, and when they are dropped. */
export abstract class WindowStep extends Step {
  protected readonly node: WindowNode;
  readonly #open = new Map<string, readonly OpenWindow[]>();
  /** Nothing fires or is dropped before this time. */
  #nextChange = Infinity;

  constructor(node: WindowNode, job: ReferenceJob) {
    super(node.name, 1, job);
    this.node = node;
  }

  override onRow(row: Row): void {
    const key = row.key as ReferenceKey;
    if (row.timestamp === -Infinity) {
      this.job.userError(this.name, "no event time", { row, key: key.value, doing: "window" });
      return;
    }
    const open = this.#open.get(key.identity) ?? [];
    if (!this.hasWindow(row.timestamp)) return;
    if (!this.isCounted(open, row.timestamp)) {
      this.job.count(this.name, this.hasConsumer("late") ? "late" : "late-dropped");
      this.emit({ ...row, key: null }, "late");
      return;
    }
    let change: WindowChange;
    let results: readonly Row[];
    try {
      change = this.change(open, key, sampleOf(this.node.aggregates, row.value, row.timestamp));
      for (const window of change.added) checkCustom(this.node.aggregates, window.samples);
      results = change.added.filter((window) => this.time >= window.end - 1).map((window) => this.#fire(window));
    } catch (error) {
      // The record has changed nothing: its windows are as they were, and none of them speaks.
      this.job.userError(this.name, error, { row, key: key.value, doing: "aggregate" });
      return;
    }
    this.#open.set(key.identity, [...open.filter((window) => !change.removed.includes(window)), ...change.added]);
    for (const window of change.added) this.#nextChange = Math.min(this.#nextChange, window.end - 1);
    for (const result of results) this.emit(result);
  }

  protected override onTime(time: number): void {
    if (time < this.#nextChange) return;
    const due = [...this.#open.values()].flat().filter((window) => !window.fired && time >= window.end - 1);
    // Stable: windows of one end in the order in which their keys came.
    for (const window of due.sort((a, b) => a.end - b.end)) {
      // A result's time is end - 1; until it is out, only what comes before may be promised.
      this.forward(window.end - 2);
      let result: Row;
      try {
        result = this.#fire(window);
      } catch (error) {
        this.job.userError(this.name, error, { row: null, key: window.key.value, doing: "result" });
        continue;
      }
      this.emit(result);
    }
    this.#nextChange = Infinity;
    for (const [identity, windows] of this.#open) {
      const kept = windows.filter((window) => !this.isDropped(window));
      for (const window of kept) {
        const change = window.end - 1 + (window.fired ? this.node.allowedLatenessMs : 0);
        this.#nextChange = Math.min(this.#nextChange, change);
      }
      if (kept.length === 0) this.#open.delete(identity);
      else this.#open.set(identity, kept);
    }
  }

  /** False for time between hopping windows. */
  protected abstract hasWindow(timestamp: number): boolean;
  /** False if a record of a key with these open windows is too late for each window of its own. */
  protected abstract isCounted(open: readonly OpenWindow[], timestamp: number): boolean;
  protected abstract change(open: readonly OpenWindow[], key: ReferenceKey, sample: Sample): WindowChange;

  /** No result of the window is to come any more. */
  protected isDropped(window: Window): boolean {
    return this.time >= window.end - 1 + this.node.allowedLatenessMs;
  }

  /** The window's next result; where it fails, the next one has its revision. */
  #fire(window: OpenWindow): Row {
    const { start, end, revision } = window;
    window.fired = true;
    const results = resultsOf(this.node.aggregates, window.samples);
    window.revision++;
    const value = Object.freeze({ key: window.key.value, window: Object.freeze({ start, end }), revision, ...results });
    return { value, timestamp: end - 1, kind: "insert", key: null, origin: null };
  }
}
