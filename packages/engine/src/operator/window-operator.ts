import { assert } from "../foundation/assert.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import { openBatchRows, type Rows } from "../record/record-view.ts";
import type { KeyedState, PaneState } from "../state/state-backend.ts";
import { PLAIN_CODEC } from "../state/state-codec.ts";
import { watermarkJson } from "../time/watermark-holder.ts";
import { NO_EVENT_TIME, NO_WATERMARK } from "../time/watermark.ts";
import { accumulatorState, AggregateSet, type AnyAggregate, type NamedAggregates } from "./aggregate-set.ts";
import { LateRecords } from "./late-records.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { PaneWindows, type AlignedWindowSpec } from "./pane-windows.ts";
import { ResultWriter } from "./result-writer.ts";
import { noEventTime, rethrowInternal } from "./user-failure.ts";
import type { Window } from "./window-spec.ts";

export interface WindowOptions {
  readonly window: AlignedWindowSpec;
  readonly aggregates: NamedAggregates;
  readonly allowedLatenessMs: number;
}

/** The state that tells which windows of a key have fired; see {@link WindowOperator}. */
const REVISIONS = "revisions";

/**
 * Tumbling, hopping and cumulate windows. Per key and pane it keeps one accumulator per aggregate; a firing merges the
 * panes of a window in time order. Windows fire in the order of their ends. A pane is freed with the last window that needs it.
 *
 * The revision of each fired (key, window) is kept in the window's last pane, as long as that pane can be: it numbers
 * results, and it keeps a window that shares panes with later ones from firing again after a restore.
 */
export class WindowOperator implements Operator {
  readonly #context: OperatorContext;
  readonly #windows: PaneWindows;
  readonly #set: AggregateSet;
  readonly #latenessMs: number;
  readonly #state: KeyedState;
  readonly #panes: readonly PaneState<unknown>[];
  readonly #revisions: PaneState<number>;
  readonly #keepsRevisions: boolean;
  readonly #writer: ResultWriter;
  readonly #late: LateRecords;
  readonly #view: Rows;
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  readonly #values: unknown[] = [];
  #watermark = NO_WATERMARK;
  /** No window fires and no pane is freed below this watermark. Before the first look at a restored state: look. */
  #nextTime = Number.NEGATIVE_INFINITY;
  /** Panes that #nextTime takes into account for sure. */
  readonly #scheduled = new Set<number>();
  #lastWindow: Window | null = null;

  constructor(context: OperatorContext, options: WindowOptions) {
    this.#context = context;
    this.#windows = new PaneWindows(options.window);
    this.#set = new AggregateSet(options.aggregates);
    assert(this.#set.names.length > 0, () => `window ${context.name} has no aggregate`);
    this.#latenessMs = options.allowedLatenessMs;
    this.#keepsRevisions = options.allowedLatenessMs > 0 || this.#windows.shared;
    this.#state = context.keyedState({
      timers: [],
      states: [
        ...this.#set.stateDescriptors("panes"),
        { name: REVISIONS, kind: "panes", isolation: "live", codec: PLAIN_CODEC },
      ],
    });
    this.#panes = this.#set.names.map((name) => this.#state.panes<unknown>(accumulatorState(name)));
    this.#revisions = this.#state.panes<number>(REVISIONS);
    this.#writer = new ResultWriter(context.output);
    this.#late = new LateRecords(context);
    this.#view = openBatchRows({ debug: context.debug });
  }

  onBatch(_input: number, batch: RecordBatch): void {
    assert(batch.keys !== null, () => `window ${this.#context.name} got a batch without keys`);
    assert(batch.rowKinds === null, () => `window ${this.#context.name} got a changelog`);
    this.#state.keys.resolve(batch.keys, batch.length, this.#rows);
    this.#view.bind(batch);
    for (let row = 0; row < batch.length; row++) {
      this.#advance(batch.watermarks[row] as number);
      this.#onRecord(batch, row);
    }
    this.#view.release();
    this.#late.flush(batch);
    this.#writer.flush();
    this.#state.releaseEmptyRows();
  }

  onWatermark(_input: number, watermark: number): void {
    this.#advance(watermark);
    this.#writer.watermark(watermark);
    this.#late.watermark(watermark);
    this.#state.releaseEmptyRows();
  }

  onIdle(_input: number, idle: boolean): void {
    this.#context.output.idle(idle);
    this.#late.idle(idle);
  }

  facts(): Json {
    const { rows, bytes } = this.#state.size();
    return { watermark: watermarkJson(this.#watermark), keys: rows, bytes, panes: this.#firstPanes.panes().length };
  }

  /** The panes of the first aggregate; all aggregates have the same ones. */
  get #firstPanes(): PaneState<unknown> {
    return this.#panes[0] as PaneState<unknown>;
  }

  #onRecord(batch: RecordBatch, row: number): void {
    const time = batch.timestamps[row] as number;
    if (time === NO_EVENT_TIME) {
      this.#fail(noEventTime(), batch, row, "finding the windows of a record");
      return;
    }
    const pane = this.#windows.paneOf(time);
    const lastEnd = this.#windows.lastEnd(pane);
    // Between two hopping windows lies time that belongs to no window.
    if (lastEnd <= pane) return;
    if (this.#isDropped(lastEnd)) {
      this.#late.add(row);
      return;
    }
    try {
      this.#set.select(this.#view.at(row), this.#values);
    } catch (error) {
      this.#fail(error, batch, row, "computing the value of an aggregate");
      return;
    }
    if (this.#set.custom) this.#countUndoably(batch, row, pane);
    else this.#count(row, pane, time, batch.watermarks[row] as number);
  }

  /** With user code in the aggregates: what a throw has done to state and output is undone. */
  #countUndoably(batch: RecordBatch, row: number, pane: number): void {
    this.#state.begin();
    this.#writer.begin();
    try {
      this.#count(row, pane, batch.timestamps[row] as number, batch.watermarks[row] as number);
    } catch (error) {
      this.#writer.rollback();
      this.#state.rollback();
      this.#fail(error, batch, row, "aggregating a record");
      return;
    }
    this.#state.commit();
    this.#writer.commit();
  }

  #count(row: number, pane: number, time: number, watermark: number): void {
    const stateRow = this.#rows[row] as number;
    for (let i = 0; i < this.#panes.length; i++) {
      const state = this.#panes[i] as PaneState<unknown>;
      const aggregate = this.#set.aggregates[i] as AnyAggregate;
      const accumulator = state.get(stateRow, pane) ?? aggregate.create();
      state.set(stateRow, pane, aggregate.add(accumulator, this.#values[i], time));
    }
    if (!this.#scheduled.has(pane)) {
      this.#scheduled.add(pane);
      this.#nextTime = Math.min(this.#nextTime, this.#nextTimeOf(pane));
    }
    if (this.#windows.shared) this.#closePassed(stateRow, pane);
    if (this.#latenessMs > 0) this.#fireAgain(stateRow, pane, watermark);
  }

  /**
   * The pane may be shared with windows that were dropped before this key came into it, so that they never fired for it: after a
   * restore, when time begins anew, they must not fire for it either.
   */
  #closePassed(stateRow: number, pane: number): void {
    for (const end of this.#windows.endsOf(pane)) {
      if (!this.#isDropped(end)) return;
      if (this.#revisions.get(stateRow, this.#windows.lastPane(end)) === undefined)
        this.#noteRevision(stateRow, end, -1);
    }
  }

  /** Windows of a record that have fired and still count it give their next result at once. */
  #fireAgain(stateRow: number, pane: number, watermark: number): void {
    for (const end of this.#windows.endsOf(pane)) {
      if (this.#isDropped(end)) continue;
      const revision = this.#revisions.get(stateRow, this.#windows.lastPane(end));
      // A source that was idle can come back behind time and, after a restore, take the watermark back: what has fired stays fired.
      if (this.#watermark < end - 1 && revision === undefined) continue;
      this.#emit(stateRow, end, revision === undefined ? 0 : revision + 1, watermark);
    }
  }

  #isDropped(end: number): boolean {
    return this.#watermark >= end - 1 + this.#latenessMs;
  }

  #advance(watermark: number): void {
    if (watermark <= this.#watermark) return;
    const before = this.#watermark;
    this.#watermark = watermark;
    if (watermark < this.#nextTime) return;
    for (const end of this.#endsBetween(before, watermark)) this.#fire(end);
    this.#freePanes();
  }

  /** Ends of windows that hold anything and fire when time goes from `before` to `now`, ascending. */
  #endsBetween(before: number, now: number): readonly number[] {
    const ends = new Set<number>();
    for (const pane of this.#firstPanes.panes()) {
      for (const end of this.#windows.endsOf(pane)) if (end - 1 > before && end - 1 <= now) ends.add(end);
    }
    return [...ends].sort((a, b) => a - b);
  }

  #fire(end: number): void {
    const start = this.#windows.startOf(end);
    const rows = new Set<number>();
    for (const pane of this.#firstPanes.panes()) {
      if (pane >= start && pane < end) this.#firstPanes.forEach(pane, (row) => rows.add(row));
    }
    const lastPane = this.#windows.lastPane(end);
    for (const row of rows) {
      if (this.#keepsRevisions && this.#revisions.get(row, lastPane) !== undefined) continue;
      // What is due by end − 1 comes with end − 2: downstream, timers before the result's time fire first, and it is not late.
      if (this.#set.custom) this.#emitUndoably(row, end);
      else this.#emit(row, end, 0, end - 2);
    }
  }

  #emitUndoably(row: number, end: number): void {
    this.#writer.begin();
    try {
      this.#emit(row, end, 0, end - 2);
    } catch (error) {
      this.#writer.rollback();
      // It has fired, without a result: after a restore it must not fail again, and the next one is the first.
      this.#noteRevision(row, end, -1);
      rethrowInternal(error);
      this.#context.userError(error, {
        batch: null,
        row: -1,
        key: this.#state.keys.key(row),
        doing: "computing a window's result",
      });
      return;
    }
    this.#writer.commit();
  }

  #emit(row: number, end: number, revision: number, watermark: number): void {
    const window = this.#windowOf(end);
    const record: Record<string, unknown> = { key: this.#state.keys.key(row), window, revision };
    const panes = this.#firstPanes.panes().filter((pane) => pane >= window.start && pane < end);
    for (let i = 0; i < this.#panes.length; i++) {
      const aggregate = this.#set.aggregates[i] as AnyAggregate;
      record[this.#set.names[i] as string] = aggregate.result(this.#merged(i, row, panes));
    }
    this.#writer.write(record, { timestamp: end - 1, watermark });
    this.#noteRevision(row, end, revision);
  }

  /** The accumulator of a row over panes, in time order; the panes' own stay as they are. */
  #merged(index: number, row: number, panes: readonly number[]): unknown {
    const aggregate = this.#set.aggregates[index] as AnyAggregate;
    const state = this.#panes[index] as PaneState<unknown>;
    let single: unknown;
    let merged: unknown;
    let count = 0;
    for (const pane of panes) {
      const accumulator = state.get(row, pane);
      if (accumulator === undefined) continue;
      count++;
      if (count === 1) single = accumulator;
      else merged = aggregate.merge(count === 2 ? aggregate.merge(aggregate.create(), single) : merged, accumulator);
    }
    if (count === 0) return aggregate.create();
    return count === 1 ? single : merged;
  }

  #noteRevision(row: number, end: number, revision: number): void {
    if (this.#keepsRevisions) this.#revisions.set(row, this.#windows.lastPane(end), revision);
  }

  /** One object for all results of a window that are written in a row. */
  #windowOf(end: number): Window {
    if (this.#lastWindow?.end === end) return this.#lastWindow;
    return (this.#lastWindow = Object.freeze({ start: this.#windows.startOf(end), end }));
  }

  #freePanes(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const state of [...this.#panes, this.#revisions]) {
      for (const pane of [...state.panes()]) {
        if (this.#isDropped(this.#windows.lastEnd(pane))) {
          state.dropPane(pane);
          this.#scheduled.delete(pane);
        } else next = Math.min(next, this.#nextTimeOf(pane));
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

  #fail(error: unknown, batch: RecordBatch, row: number, doing: string): void {
    rethrowInternal(error);
    this.#context.userError(error, { batch, row, key: this.#state.keys.key(this.#rows[row] as number), doing });
  }
}
