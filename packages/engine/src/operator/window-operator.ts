import { assert } from "../foundation/assert.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import type { KeyedState } from "../state/state-backend.ts";
import { watermarkJson } from "../time/watermark-holder.ts";
import { NO_EVENT_TIME, NO_WATERMARK } from "../time/watermark.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { CompiledAggregates } from "./compiled-aggregates.ts";
import { LateRecords } from "./late-records.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { PaneAccumulators, paneDescriptors, type PaneRecords } from "./pane-accumulators.ts";
import { FIRED_FIELD, PaneFirings } from "./pane-firings.ts";
import { type PaneFacts, type PaneGroup, PaneGroups } from "./pane-groups.ts";
import { PaneWindows, type AlignedWindowSpec } from "./pane-windows.ts";
import { RecordFailures } from "./record-failures.ts";
import { SelectedValues } from "./selected-values.ts";
import { noEventTime } from "./user-failure.ts";
import { type ValueResults, WindowResults } from "./window-results.ts";
import { REVISIONS_DESCRIPTOR, WindowRevisions } from "./window-revisions.ts";

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
export class WindowOperator implements Operator {
  readonly borrows: boolean;
  readonly #context: OperatorContext;
  readonly #windows: PaneWindows;
  readonly #latenessMs: number;
  readonly #state: KeyedState;
  readonly #accumulators: PaneAccumulators;
  readonly #revisions: WindowRevisions;
  readonly #firings: PaneFirings | null;
  readonly #results: WindowResults;
  readonly #late: LateRecords;
  readonly #selected: SelectedValues;
  readonly #failures: RecordFailures;
  /** By row of the batch: its key's row in the state. */
  readonly #stateRows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  readonly #groups = new PaneGroups();
  readonly #single: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  #watermark = NO_WATERMARK;
  /** No window fires and no pane is freed below this watermark. Before the first look at a restored state: look. */
  #nextTime = Number.NEGATIVE_INFINITY;
  /** Panes that #nextTime takes into account for sure. */
  readonly #scheduled = new Set<number>();

  constructor(context: OperatorContext, options: WindowOptions) {
    this.#context = context;
    this.#windows = new PaneWindows(options.window);
    const own = this.#windows.shared ? [FIRED_FIELD] : [];
    const aggregates = new CompiledAggregates(options.aggregates, { firstField: own.length });
    assert(aggregates.names.length > 0, () => `window ${context.name} has no aggregate`);
    this.#latenessMs = options.allowedLatenessMs;
    const states = [...paneDescriptors(aggregates, own), REVISIONS_DESCRIPTOR];
    this.#state = context.keyedState({ timers: [], states });
    this.#accumulators = new PaneAccumulators(this.#state, aggregates);
    this.#revisions = new WindowRevisions(this.#state);
    this.#firings = this.#windows.shared ? new PaneFirings(this.#accumulators.slots) : null;
    this.#results = new WindowResults(context, {
      windows: this.#windows,
      aggregates,
      state: this.#state,
      accumulators: this.#accumulators,
      revisions: this.#revisions,
      firings: this.#firings,
      keepsRevisions: options.allowedLatenessMs > 0,
    });
    this.#late = new LateRecords(context);
    this.borrows = this.#late.borrows;
    this.#selected = new SelectedValues(aggregates, { debug: context.debug });
    this.#failures = new RecordFailures(context, this.#state.keys, this.#stateRows);
  }

  onBatch(_input: number, batch: RecordBatch): void {
    assert(batch.keys !== null, () => `window ${this.#context.name} got a batch without keys`);
    assert(batch.rowKinds === null, () => `window ${this.#context.name} got a changelog`);
    this.#state.keys.resolve(batch.keys, batch.length, this.#stateRows);
    this.#selected.bind(batch);
    for (let row = 0; row < batch.length;) {
      this.#advance(batch.watermarks[row] as number);
      row = this.#run(batch, row);
    }
    this.#selected.release();
    this.#late.flush(batch);
    this.#results.flush();
    this.#state.releaseEmptyRows();
  }

  onWatermark(_input: number, watermark: number): void {
    this.#advance(watermark);
    this.#results.watermark(watermark);
    this.#late.watermark(watermark);
    this.#state.releaseEmptyRows();
  }

  onIdle(_input: number, idle: boolean): void {
    this.#context.output.idle(idle);
    this.#late.idle(idle);
  }

  facts(): Json {
    const { rows, bytes } = this.#state.size();
    const panes = this.#accumulators.slots.panes().length;
    return { watermark: watermarkJson(this.#watermark), keys: rows, bytes, panes };
  }

  /** Adds rows from `from` on until a window fires or a record needs a run of its own; returns the row that comes next. */
  #run(batch: RecordBatch, from: number): number {
    const groups = this.#groups;
    groups.clear();
    const { timestamps, watermarks, length } = batch;
    const { paneMs } = this.#windows;
    let group: PaneGroup | null = null;
    let start = 0;
    let row = from;
    while (row < length) {
      const mark = watermarks[row] as number;
      if (mark > this.#watermark) {
        if (mark >= this.#nextTime) break;
        this.#watermark = mark;
      }
      const time = timestamps[row] as number;
      if (group === null || !(time >= start && time < start + paneMs)) {
        if (time === NO_EVENT_TIME) {
          this.#failures.add(noEventTime(), row, "finding the windows of a record");
          row++;
          continue;
        }
        start = this.#windows.paneOf(time);
        group = groups.find(start) ?? groups.open(this.#factsOf(start));
      }
      const { facts } = group;
      const first = row++;
      if (facts.isGap) continue;
      if (this.#watermark >= facts.lateAt) {
        this.#late.add(first);
      } else if (this.#watermark >= facts.againAt) {
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
    this.#failures.report(batch);
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
    if (row > from) this.#watermark = Math.max(this.#watermark, watermarks[row - 1] as number);
    return row;
  }

  /** What is true of a pane until a window fires; from now on its windows will. */
  #factsOf(pane: number): PaneFacts {
    const lastEnd = this.#windows.lastEnd(pane);
    const isGap = lastEnd <= pane;
    const lateAt = lastEnd - 1 + this.#latenessMs;
    if (isGap || this.#watermark >= lateAt) {
      return { pane, isGap, lateAt, againAt: Number.POSITIVE_INFINITY, passedEnds: [] };
    }
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
    const failures = this.#failures;
    const isGood = this.#selected.select(group.rows, group.count, (error, row) => {
      failures.add(error, row, "computing the value of an aggregate");
    });
    if (!isGood) this.#keep(group, (i) => this.#selected.failed[group.rows[i] as number] === 0);
    if (group.count === 0) return;
    const areAdded = this.#accumulators.add(this.#recordsOf(batch, group.facts.pane, group), (error, row) => {
      failures.add(error, row, "aggregating a record");
    });
    const { passedEnds } = group.facts;
    if (passedEnds.length === 0) return;
    if (!areAdded) this.#keep(group, (i) => this.#accumulators.wasAdded(i));
    const stateRows = this.#single;
    for (let i = 0; i < group.count; i++) stateRows[i] = this.#stateRows[group.rows[i] as number] as number;
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
    return { pane, rows: rows.rows, count: rows.count, stateRows: this.#stateRows, batch, selected: this.#selected };
  }

  /** Adds a record of which windows have fired and still count it: they give their next results at once. */
  #addAgain(batch: RecordBatch, row: number, pane: number): void {
    const rows = this.#single;
    rows[0] = row;
    this.#selected.select(rows, 1, (error) => {
      this.#failures.add(error, row, "computing the value of an aggregate");
    });
    if (this.#selected.failed[row] === 0) this.#addOne(row, this.#recordsOf(batch, pane, { rows, count: 1 }));
    this.#failures.report(batch);
  }

  #addOne(row: number, records: PaneRecords): void {
    const { pane, batch } = records;
    const stateRow = this.#stateRows[row] as number;
    const ends = this.#windows.endsOf(pane);
    const again = ends.filter((end) => !this.#isDropped(end) && this.#hasFired(stateRow, end));
    let values: ValueResults[];
    this.#state.begin();
    try {
      // First what user code can spoil; after that nothing needs to be undone.
      this.#accumulators.addOneToFields(pane, stateRow, row, records);
      values = again.map((end) => this.#results.valuesOf(stateRow, end));
    } catch (error) {
      this.#state.rollback();
      this.#failures.add(error, row, "aggregating a record");
      return;
    }
    this.#state.commit();
    this.#accumulators.addOneToRest(pane, stateRow, row, records);
    this.#close(
      Int32Array.of(stateRow),
      1,
      pane,
      ends.filter((end) => this.#isDropped(end)),
    );
    const watermark = batch.watermarks[row] as number;
    for (const [index, end] of again.entries())
      this.#results.again(stateRow, end, { watermark, values: values[index] as ValueResults });
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
    return this.#watermark >= end - 1 || this.#revisions.hasFired(stateRow, this.#windows.lastPane(end));
  }

  #isDropped(end: number): boolean {
    return this.#watermark >= end - 1 + this.#latenessMs;
  }

  #advance(watermark: number): void {
    if (watermark <= this.#watermark) return;
    const before = this.#watermark;
    this.#watermark = watermark;
    if (watermark < this.#nextTime) return;
    for (const end of this.#endsBetween(before, watermark)) this.#results.fire(end);
    this.#freePanes();
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

  #freePanes(): void {
    let next = Number.POSITIVE_INFINITY;
    this.#scheduled.clear();
    for (const state of [this.#accumulators.slots, this.#revisions.slots]) {
      for (const pane of [...state.panes()]) {
        if (this.#isDropped(this.#windows.lastEnd(pane))) {
          state.dropPane(pane);
        } else {
          this.#scheduled.add(pane);
          next = Math.min(next, this.#nextTimeOf(pane));
        }
      }
    }
    this.#nextTime = next;
  }

  /** The watermark at which next something happens to a pane: a window of it fires, or it is freed. */
  #nextTimeOf(pane: number): number {
    return Math.min(
      this.#windows.nextEnd(pane, this.#watermark + 1) - 1,
      this.#windows.lastEnd(pane) - 1 + this.#latenessMs,
    );
  }
}
