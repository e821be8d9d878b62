import { assert } from "../foundation/assert.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import type { KeyedState, KeyedStateOptions } from "../state/state-backend.ts";
import { watermarkJson } from "../time/watermark-holder.ts";
import { NO_WATERMARK } from "../time/watermark.ts";
import type { CompiledAggregates } from "./compiled-aggregates.ts";
import { LateRecords } from "./late-records.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { RecordFailures } from "./record-failures.ts";
import { SelectedValues } from "./selected-values.ts";

/** What is written of windows, and where the watermark goes behind it. */
export interface WindowOutput {
  flush(): void;
  watermark(watermark: number): void;
}

export interface WindowingOptions {
  readonly aggregates: CompiledAggregates;
  readonly timers: KeyedStateOptions["timers"];
  readonly states: KeyedStateOptions["states"];
}

/**
 * What windows of any kind have in common: a batch is taken row by row or in runs, before each of which time advances to its watermark. What
 * fires then may be put off where it is much; the watermark waits for it.
 */
export abstract class WindowingOperator implements Operator {
  readonly borrows: boolean;
  protected readonly context: OperatorContext;
  protected readonly state: KeyedState;
  protected readonly late: LateRecords;
  protected readonly values: SelectedValues;
  protected readonly failures: RecordFailures;
  /** By row of the batch: its key's row in the state. */
  protected readonly stateRows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  /** Time as it stands. */
  protected watermark: number = NO_WATERMARK;
  readonly #keysAtOnce: number;
  /** To be handed on when nothing is put off any more; null: there is none. */
  #held: number | null = null;

  constructor(context: OperatorContext, { aggregates, timers, states }: WindowingOptions) {
    this.context = context;
    this.state = context.keyedState({ timers, states });
    this.late = new LateRecords(context);
    this.borrows = this.late.borrows;
    this.values = new SelectedValues(aggregates, { debug: context.debug });
    this.failures = new RecordFailures(context, this.state.keys, this.stateRows);
    this.#keysAtOnce = context.keysAtOnce ?? Number.POSITIVE_INFINITY;
  }

  onBatch(_input: number, batch: RecordBatch): void {
    assert(batch.keys !== null, () => `window ${this.context.name} got a batch without keys`);
    assert(batch.rowKinds === null, () => `window ${this.context.name} got a changelog`);
    this.state.keys.resolve(batch.keys, batch.length, this.stateRows);
    this.values.bind(batch);
    this.begin(batch);
    for (let row = 0; row < batch.length;) {
      this.advance(batch.watermarks[row] as number);
      row = this.take(batch, row);
    }
    this.values.release();
    this.late.flush(batch);
    this.results.flush();
    this.state.releaseEmptyRows();
  }

  onWatermark(_input: number, watermark: number): void {
    this.advance(watermark);
    this.#held = watermark;
    if (this.hasPutOff()) this.results.flush();
    else this.#handOn();
    this.late.watermark(watermark);
    this.state.releaseEmptyRows();
  }

  onIdle(_input: number, idle: boolean): void {
    this.finish();
    this.results.flush();
    this.context.output.idle(idle);
    this.late.idle(idle);
  }

  abstract hasPutOff(): boolean;

  goOn(): void {
    this.work(this.#keysAtOnce);
    this.results.flush();
    if (!this.hasPutOff()) this.#handOn();
    this.state.releaseEmptyRows();
  }

  facts(): Readonly<Record<string, Json>> {
    const { rows, bytes } = this.state.size();
    return { watermark: watermarkJson(this.watermark), keys: rows, bytes };
  }

  /** Before anything is done about the rows of a batch whose values can be selected. */
  protected abstract begin(batch: RecordBatch): void;
  /** Takes rows from `from` on, one at least, before which nothing fires; returns the row that comes next. */
  protected abstract take(batch: RecordBatch, from: number): number;
  /** Time goes on to a watermark; nothing if it is there already. */
  protected abstract advance(watermark: number): void;
  /** Goes on with what is due, over so many keys. */
  protected abstract work(keys: number): void;
  protected abstract get results(): WindowOutput;

  /** The first part of what has become due. */
  protected workOn(): void {
    this.work(this.#keysAtOnce);
  }

  /** Does all that is put off. */
  protected finish(): void {
    if (!this.hasPutOff()) return;
    this.work(Number.POSITIVE_INFINITY);
    this.#handOn();
  }

  #handOn(): void {
    if (this.#held === null) return;
    const held = this.#held;
    this.#held = null;
    this.results.watermark(held);
  }
}
