import { BATCH_ROWS_MAX } from "../record/batch.ts";
import type { KeyedState } from "../state/state-backend.ts";
import type { CompiledAggregates, CompiledMember } from "./compiled-aggregates.ts";
import { MergedPanes, type SlotChunk } from "./merged-panes.ts";
import type { OperatorContext } from "./operator.ts";
import type { PaneAccumulators } from "./pane-accumulators.ts";
import type { PaneFirings } from "./pane-firings.ts";
import type { PaneWindows } from "./pane-windows.ts";
import { ResultColumns } from "./result-columns.ts";
import { rethrowInternal } from "./user-failure.ts";
import type { WindowRevisions } from "./window-revisions.ts";
import type { Window } from "./window-spec.ts";

export interface WindowResultsOptions {
  readonly windows: PaneWindows;
  readonly aggregates: CompiledAggregates;
  readonly state: KeyedState;
  readonly accumulators: PaneAccumulators;
  readonly revisions: WindowRevisions;
  /** Null where no two windows have a pane in common. */
  readonly firings: PaneFirings | null;
  /** False: no window has more than one result. */
  readonly keepsRevisions: boolean;
}

/** A window that fires, and for which keys it has fired before: those with a revision, and some more. */
interface Firing {
  readonly end: number;
  readonly panes: readonly number[];
  readonly hasRevisions: boolean;
  readonly fired: Set<number>;
}

/** Results of the aggregates without words, by aggregate; null for the others. */
export type ValueResults = readonly (readonly unknown[] | null)[];

/** Gives the results of windows: of all keys when they fire, of one key again when a late record changed it. */
export class WindowResults {
  readonly #context: OperatorContext;
  readonly #options: WindowResultsOptions;
  readonly #merged: MergedPanes;
  readonly #columns: ResultColumns;
  readonly #valueMembers: readonly CompiledMember[];
  readonly #numbers: readonly (Float64Array | null)[];
  readonly #values: readonly (unknown[] | null)[];
  readonly #one = { stateRows: new Int32Array(1), slots: new Int32Array(1), place: new Int32Array(1) };
  readonly #oneWords: Float64Array;
  #lastWindow: Window | null = null;
  /** Ends of windows that have results to give, ascending, and what was found out about the first. */
  readonly #due: number[] = [];
  #firing: Firing | null = null;

  constructor(context: OperatorContext, options: WindowResultsOptions) {
    const { aggregates, accumulators, state } = options;
    this.#context = context;
    this.#options = options;
    this.#merged = new MergedPanes(accumulators.slots, aggregates);
    this.#columns = new ResultColumns(context.output, { aggregates, keys: state.keys, of: "windows" });
    this.#valueMembers = aggregates.members.filter(({ place }) => place !== "words");
    this.#numbers = aggregates.members.map(({ place }) =>
      place === "words" ? new Float64Array(BATCH_ROWS_MAX) : null,
    );
    this.#values = aggregates.members.map(({ place }) => (place === "words" ? null : []));
    this.#oneWords = new Float64Array(aggregates.width);
  }

  /** A window gives its results, for all keys that have not had one, once `work` is called and those before it have given theirs. */
  fire(end: number): void {
    this.#due.push(end);
  }

  /** True as long as a window has results to give. */
  get isFiring(): boolean {
    return this.#due.length > 0;
  }

  /** The end of the last window that has results to give; its panes, and those before them, must stay as they are. */
  get lastDue(): number {
    return this.#due.at(-1) ?? Number.NEGATIVE_INFINITY;
  }

  /** Goes on to give results: looks at so many slots and keys. */
  work(keys: number): void {
    let left = keys;
    while (left > 0 && this.isFiring) left -= this.#step(left);
  }

  /** Results of a user's aggregates for one key; throws what they throw. */
  valuesOf(stateRow: number, end: number): ValueResults {
    const panes = this.panesOf(end);
    return this.#options.aggregates.members.map((member) =>
      member.place === "value" ? [this.#valueOf(member, stateRow, panes)] : null,
    );
  }

  /** Gives the next result of a window for one key, with what `valuesOf` has worked out. */
  again(stateRow: number, end: number, { watermark, values }: { watermark: number; values: ValueResults }): void {
    const { aggregates, accumulators, revisions, windows } = this.#options;
    const { stateRows, slots, place } = this.#one;
    const panes = this.panesOf(end);
    const revision = this.#revisionOf(stateRow, end, panes);
    stateRows[0] = stateRow;
    aggregates.clear(this.#oneWords, 0);
    place[0] = -1;
    for (const pane of panes) {
      const at = accumulators.slots.find(stateRow, pane);
      if (at < 0) continue;
      slots[0] = at;
      aggregates.merge(this.#oneWords, place, accumulators.slots.words, slots, 1);
      place[0] = 0;
    }
    slots[0] = 0;
    aggregates.results(this.#oneWords, slots, 1, this.#numbers, 0);
    const all = aggregates.members.map((member) =>
      member.place === "live" ? [this.#valueOf(member, stateRow, panes)] : (values[member.index] as unknown[] | null),
    );
    const lastPane = windows.lastPane(end);
    this.#columns.appendWindow(
      { length: 1, stateRows, numbers: this.#numbers, values: all },
      { window: this.#windowOf(end), revision, timestamp: end - 1, watermark },
    );
    revisions.note(stateRows, 1, { lastPane, revision });
  }

  flush(): void {
    this.#columns.flush();
  }

  watermark(watermark: number): void {
    this.#columns.watermark(watermark);
  }

  /** Of the next result for a key. A window that fired when none was allowed to be late has no revision, and had one result. */
  #revisionOf(stateRow: number, end: number, panes: readonly number[]): number {
    const { revisions, windows, firings } = this.#options;
    const lastPane = windows.lastPane(end);
    if (revisions.hasFired(stateRow, lastPane)) return revisions.next(stateRow, lastPane);
    return firings?.hasFired(stateRow, panes, end) === true ? 1 : 0;
  }

  /** Panes of a window that hold anything, in order of time. */
  panesOf(end: number): readonly number[] {
    const start = this.#options.windows.startOf(end);
    return this.#options.accumulators.slots.panes().filter((pane) => pane >= start && pane < end);
  }

  /** A part of what the first window that is due has to do; returns how many slots or keys it looked at. */
  #step(most: number): number {
    const firing = (this.#firing ??= this.#begin(this.#due[0] as number));
    const scanned = this.#merged.scan(most);
    if (scanned !== null) {
      this.#options.firings?.fire(scanned, firing.end, firing.fired);
      const { count } = scanned;
      if (firing.panes.length === 1) this.#fireChunk(scanned, firing);
      return count;
    }
    const merged = firing.panes.length === 1 ? null : this.#merged.take(most);
    if (merged !== null) {
      this.#fireChunk(merged, firing);
      return merged.count;
    }
    this.#due.shift();
    this.#firing = null;
    return 0;
  }

  #begin(end: number): Firing {
    const { revisions, windows } = this.#options;
    const panes = this.panesOf(end);
    this.#merged.begin(panes);
    // Asked once: the chunks themselves note revisions.
    return { end, panes, hasRevisions: revisions.hasAny(windows.lastPane(end)), fired: new Set() };
  }

  #fireChunk(chunk: SlotChunk, { end, panes, hasRevisions, fired }: Firing): void {
    const { aggregates, revisions, windows, keepsRevisions } = this.#options;
    const { words, stateRows, slots } = chunk;
    const lastPane = windows.lastPane(end);
    let count = chunk.count;
    if (hasRevisions) count = keep(chunk, count, (i) => !revisions.hasFired(stateRows[i] as number, lastPane));
    if (fired.size > 0) count = keep(chunk, count, (i) => !fired.has(stateRows[i] as number));
    if (this.#valueMembers.length > 0) count = this.#valuesOfChunk({ ...chunk, count }, panes, lastPane);
    if (count === 0) return;
    aggregates.results(words, slots, count, this.#numbers, 0);
    // What is due by end − 1 comes with end − 2: downstream, timers before the result's time fire first, and it is not late.
    this.#columns.appendWindow(
      { length: count, stateRows, numbers: this.#numbers, values: this.#values },
      { window: this.#windowOf(end), revision: 0, timestamp: end - 1, watermark: end - 2 },
    );
    if (keepsRevisions) revisions.note(stateRows, count, { lastPane, revision: 0 });
  }

  /** Fills in the values of the keys of a chunk, and leaves those out for which user code throws; returns how many are left. */
  #valuesOfChunk(chunk: SlotChunk, panes: readonly number[], lastPane: number): number {
    const { revisions, keepsRevisions, state } = this.#options;
    let count = 0;
    return keep(chunk, chunk.count, (i) => {
      const stateRow = chunk.stateRows[i] as number;
      try {
        for (const member of this.#valueMembers)
          (this.#values[member.index] as unknown[])[count] = this.#valueOf(member, stateRow, panes);
      } catch (error) {
        // It has fired, without a result: after a restore it must not fail again, and the next one is the first.
        if (keepsRevisions) revisions.close(Int32Array.of(stateRow), 1, lastPane);
        rethrowInternal(error);
        this.#context.userError(error, {
          batch: null,
          row: -1,
          key: state.keys.key(stateRow),
          doing: "computing a window's result",
        });
        return false;
      }
      count++;
      return true;
    });
  }

  #valueOf(member: CompiledMember, stateRow: number, panes: readonly number[]): unknown {
    return member.aggregate.result(this.#options.accumulators.merged(member, stateRow, panes));
  }

  /** One object for all results of a window that are written in a row. */
  #windowOf(end: number): Window {
    if (this.#lastWindow?.end === end) return this.#lastWindow;
    return (this.#lastWindow = Object.freeze({ start: this.#options.windows.startOf(end), end }));
  }
}

/** Leaves some keys out of the first `count` of a chunk; returns how many are left. */
function keep({ stateRows, slots }: SlotChunk, count: number, isKept: (i: number) => boolean): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    if (!isKept(i)) continue;
    stateRows[kept] = stateRows[i] as number;
    slots[kept] = slots[i] as number;
    kept++;
  }
  return kept;
}
