import { assert } from "../foundation/assert.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import { NO_EVENT_TIME } from "../time/watermark.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { CompiledAggregates } from "./compiled-aggregates.ts";
import type { OperatorContext } from "./operator.ts";
import { PaneAccumulators, paneDescriptors, type PaneRecords } from "./pane-accumulators.ts";
import { FIRED_FIELD, PaneFirings } from "./pane-firings.ts";
import { type PaneFacts, type PaneGroup, PaneGroups } from "./pane-groups.ts";
import { PaneWindows, type AlignedWindowSpec } from "./pane-windows.ts";
import { noEventTime } from "./user-failure.ts";
import { type ValueResults, WindowResults } from "./window-results.ts";
import { REVISIONS_DESCRIPTOR, WindowRevisions } from "./window-revisions.ts";
import { WindowingOperator } from "./windowing-operator.ts";

export interface WindowOptions {
  readonly window: AlignedWindowSpec;
  readonly aggregates: NamedAggregates;
  readonly allowedLatenessMs: number;
}

/**
 * Tumbling, hopping and cumulate windows. Per key and pane it keeps a slot with the accumulators; a firing merges the
 * panes of a window in time order. Windows fire in the order of their ends. A pane is freed with the last window that needs it.
 *
 * A batch is taken in runs: rows in which no window fires, grouped by pane and added a group at a time. A record that may give results at
 * once, since windows of its have fired before, is a run of its own.
 *
 * Where records may be late, the revision of each fired (key, window) is kept in the window's last pane, as long as that pane can be: it numbers
 * results. Where windows share panes, a slot knows the last window that has fired with it, so that none fires again after a restore.
 */
export class WindowOperator extends WindowingOperator {
  readonly #windows: PaneWindows;
  readonly #latenessMs: number;
  readonly #accumulators: PaneAccumulators;
  readonly #revisions: WindowRevisions;
  readonly #firings: PaneFirings | null;
  protected readonly results: WindowResults;
  readonly #groups = new PaneGroups();
  readonly #single: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  /** No window fires and no pane is freed below this watermark. Before the first look at a restored state: look. */
  #nextTime = Number.NEGATIVE_INFINITY;
  /** Panes that #nextTime takes into account for sure. */
  readonly #scheduled = new Set<number>();

  constructor(context: OperatorContext, options: WindowOptions) {
    const windows = new PaneWindows(options.window);
    const own = windows.shared ? [FIRED_FIELD] : [];
    const aggregates = new CompiledAggregates(options.aggregates, { firstField: own.length });
    assert(aggregates.names.length > 0, () => `window ${context.name} has no aggregate`);
    super(context, { aggregates, timers: [], states: [...paneDescriptors(aggregates, own), REVISIONS_DESCRIPTOR] });
    this.#windows = windows;
    this.#latenessMs = options.allowedLatenessMs;
    this.#accumulators = new PaneAccumulators(this.state, aggregates);
    this.#revisions = new WindowRevisions(this.state);
    this.#firings = windows.shared ? new PaneFirings(this.#accumulators.slots) : null;
    this.results = new WindowResults(context, {
      windows,
      aggregates,
      state: this.state,
      accumulators: this.#accumulators,
      revisions: this.#revisions,
      firings: this.#firings,
      keepsRevisions: options.allowedLatenessMs > 0,
    });
  }

  hasPutOff(): boolean {
    return this.results.isFiring;
  }

  override facts(): Readonly<Record<string, Json>> {
    return { ...super.facts(), panes: this.#accumulators.slots.panes().length };
  }

  protected begin(): void {
    // Values are selected pane by pane.
  }

  /** Adds rows from `from` on until a window fires or a record needs a run of its own; returns the row that comes next. */
  protected take(batch: RecordBatch, from: number): number {
    const groups = this.#groups;
    groups.clear();
    const { timestamps, watermarks, length } = batch;
    const { paneMs } = this.#windows;
    let group: PaneGroup | null = null;
    let start = 0;
    let row = from;
    while (row < length) {
      const mark = watermarks[row] as number;
      if (mark > this.watermark) {
        if (mark >= this.#nextTime) break;
        this.watermark = mark;
      }
      const time = timestamps[row] as number;
      if (group === null || !(time >= start && time < start + paneMs)) {
        if (time === NO_EVENT_TIME) {
          this.failures.add(noEventTime(), row, "finding the windows of a record");
          row++;
          continue;
        }
        start = this.#windows.paneOf(time);
        group = groups.find(start) ?? groups.open(this.#factsOf(start));
      }
      const { facts } = group;
      const first = row++;
      if (facts.isGap) continue;
      if (this.watermark >= facts.lateAt) {
        this.late.add(first);
      } else if (this.watermark >= facts.againAt) {
        if (first > from) {
          row = first;
          break;
        }
        this.#addAgain(batch, first, start);
        return row;
      } else {
        row = this.#sameFrom(batch, row, facts);
        group.add(first, row);
      }
    }
    for (const full of groups.all) if (full.count > 0) this.#addGroup(batch, full);
    this.failures.report(batch);
    return row;
  }

  /** The first row from `from` on that is not of that pane, or before which something happens that matters to it. */
  #sameFrom({ timestamps, watermarks, length }: RecordBatch, from: number, facts: PaneFacts): number {
    const { pane } = facts;
    const end = pane + this.#windows.paneMs;
    const until = Math.min(this.#nextTime, facts.lateAt, facts.againAt);
    let row = from;
    for (; row < length; row++) {
      const time = timestamps[row] as number;
      if (!(time >= pane && time < end) || (watermarks[row] as number) >= until) break;
    }
    if (row > from) this.watermark = Math.max(this.watermark, watermarks[row - 1] as number);
    return row;
  }

  /** What is true of a pane until a window fires; from now on its windows will. */
  #factsOf(pane: number): PaneFacts {
    const lastEnd = this.#windows.lastEnd(pane);
    const isGap = lastEnd <= pane;
    const lateAt = lastEnd - 1 + this.#latenessMs;
    if (isGap || this.watermark >= lateAt) {
      return { pane, isGap, lateAt, againAt: Number.POSITIVE_INFINITY, passedEnds: [] };
    }
    // A window of it has not given all its results yet, and they must not count what comes now.
    if (pane < this.results.lastDue) this.finish();
    if (!this.#scheduled.has(pane)) {
      this.#scheduled.add(pane);
      this.#nextTime = Math.min(this.#nextTime, this.#nextTimeOf(pane));
    }
    const ends = this.#windows.shared ? this.#windows.endsOf(pane) : [lastEnd];
    const passedEnds = ends.filter((end) => this.#isDropped(end));
    return { pane, isGap, lateAt, againAt: this.#againAt(ends), passedEnds };
  }

  #againAt(ends: readonly number[]): number {
    if (this.#latenessMs === 0) return Number.POSITIVE_INFINITY;
    // A source that was idle can come back behind time and, after a restore, take the watermark back: what has fired stays fired.
    if (ends.some((end) => this.#revisions.hasAny(this.#windows.lastPane(end)))) return Number.NEGATIVE_INFINITY;
    return (ends[0] as number) - 1;
  }

  #addGroup(batch: RecordBatch, group: PaneGroup): void {
    const failures = this.failures;
    const isGood = this.values.select(group.rows, group.count, (error, row) => {
      failures.add(error, row, "computing the value of an aggregate");
    });
    if (!isGood) this.#keep(group, (i) => this.values.failed[group.rows[i] as number] === 0);
    if (group.count === 0) return;
    const areAdded = this.#accumulators.add(this.#recordsOf(batch, group.facts.pane, group), (error, row) => {
      failures.add(error, row, "aggregating a record");
    });
    const { passedEnds } = group.facts;
    if (passedEnds.length === 0) return;
    if (!areAdded) this.#keep(group, (i) => this.#accumulators.wasAdded(i));
    const stateRows = this.#single;
    for (let i = 0; i < group.count; i++) stateRows[i] = this.stateRows[group.rows[i] as number] as number;
    // The pane is shared with windows that were dropped before these keys came into it, so that they never fired for them: after a
    // restore, when time begins anew, they must not fire for them either.
    this.#close(stateRows, group.count, group.facts.pane, passedEnds);
  }

  #keep(group: PaneGroup, isKept: (i: number) => boolean): void {
    let count = 0;
    for (let i = 0; i < group.count; i++) if (isKept(i)) group.rows[count++] = group.rows[i] as number;
    group.count = count;
  }

  #recordsOf(
    batch: RecordBatch,
    pane: number,
    rows: { readonly rows: Int32Array; readonly count: number },
  ): PaneRecords {
    return { pane, rows: rows.rows, count: rows.count, stateRows: this.stateRows, batch, selected: this.values };
  }

  /** Adds a record of which windows have fired and still count it: they give their next results at once. */
  #addAgain(batch: RecordBatch, row: number, pane: number): void {
    // Results come in the order in which they became due.
    this.finish();
    const rows = this.#single;
    rows[0] = row;
    this.values.select(rows, 1, (error) => {
      this.failures.add(error, row, "computing the value of an aggregate");
    });
    if (this.values.failed[row] === 0) this.#addOne(row, this.#recordsOf(batch, pane, { rows, count: 1 }));
    this.failures.report(batch);
  }

  #addOne(row: number, records: PaneRecords): void {
    const { pane, batch } = records;
    const stateRow = this.stateRows[row] as number;
    const ends = this.#windows.endsOf(pane);
    const again = ends.filter((end) => !this.#isDropped(end) && this.#hasFired(stateRow, end));
    let values: ValueResults[];
    this.state.begin();
    try {
      // First what user code can spoil; after that nothing needs to be undone.
      this.#accumulators.addOneToFields(pane, stateRow, row, records);
      values = again.map((end) => this.results.valuesOf(stateRow, end));
    } catch (error) {
      this.state.rollback();
      this.failures.add(error, row, "aggregating a record");
      return;
    }
    this.state.commit();
    this.#accumulators.addOneToRest(pane, stateRow, row, records);
    this.#close(
      Int32Array.of(stateRow),
      1,
      pane,
      ends.filter((end) => this.#isDropped(end)),
    );
    const watermark = batch.watermarks[row] as number;
    for (const [index, end] of again.entries())
      this.results.again(stateRow, end, { watermark, values: values[index] as ValueResults });
  }

  /** Windows of a pane that were dropped, by their ends in ascending order, count as fired for these keys. */
  #close(stateRows: Int32Array, count: number, pane: number, ends: readonly number[]): void {
    const last = ends.at(-1);
    if (last === undefined) return;
    this.#firings?.close(stateRows, count, { pane, end: last });
    if (this.#latenessMs === 0) return;
    for (const end of ends) this.#revisions.close(stateRows, count, this.#windows.lastPane(end));
  }

  #hasFired(stateRow: number, end: number): boolean {
    return this.watermark >= end - 1 || this.#revisions.hasFired(stateRow, this.#windows.lastPane(end));
  }

  #isDropped(end: number): boolean {
    return this.watermark >= end - 1 + this.#latenessMs;
  }

  protected advance(watermark: number): void {
    if (watermark <= this.watermark) return;
    const before = this.watermark;
    this.watermark = watermark;
    if (watermark < this.#nextTime) return;
    const wasFiring = this.hasPutOff();
    for (const end of this.#endsBetween(before, watermark)) this.results.fire(end);
    if (!wasFiring && this.hasPutOff()) this.workOn();
    this.#schedule();
  }

  protected work(keys: number): void {
    this.results.work(keys);
    if (!this.hasPutOff()) this.#schedule();
  }

  /** Ends of windows that hold anything and fire when time goes from `before` to `now`, ascending. */
  #endsBetween(before: number, now: number): readonly number[] {
    const ends = new Set<number>();
    const windows = this.#windows;
    for (const pane of this.#accumulators.slots.panes()) {
      let end = windows.nextEnd(pane, before + 1);
      for (; end - 1 <= now && end < Number.POSITIVE_INFINITY; end = windows.nextEnd(pane, end)) ends.add(end);
    }
    return [...ends].sort((a, b) => a - b);
  }

  /** Frees panes that no window needs any more, once all that are due have fired, and finds out when next something happens. */
  #schedule(): void {
    const isFiring = this.hasPutOff();
    let next = Number.POSITIVE_INFINITY;
    this.#scheduled.clear();
    for (const state of [this.#accumulators.slots, this.#revisions.slots]) {
      for (const pane of [...state.panes()]) {
        if (!this.#isDropped(this.#windows.lastEnd(pane))) {
          this.#scheduled.add(pane);
          next = Math.min(next, this.#nextTimeOf(pane));
        } else if (!isFiring) {
          state.dropPane(pane);
        }
      }
    }
    // Panes of records of the run under way, which may not be there yet.
    for (const { facts } of this.#groups.all) {
      if (facts.isGap || this.#isDropped(this.#windows.lastEnd(facts.pane))) continue;
      this.#scheduled.add(facts.pane);
      next = Math.min(next, this.#nextTimeOf(facts.pane));
    }
    this.#nextTime = next;
  }

  /** The watermark at which next something happens to a pane: a window of it fires, or it is freed. */
  #nextTimeOf(pane: number): number {
    return Math.min(
      this.#windows.nextEnd(pane, this.watermark + 1) - 1,
      this.#windows.lastEnd(pane) - 1 + this.#latenessMs,
    );
  }
}
