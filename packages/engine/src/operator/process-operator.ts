import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import { recordSchema } from "../record/record-schema.ts";
import { openBatchRows, type Rows } from "../record/record-view.ts";
import type { KeyedState } from "../state/state-backend.ts";
import { watermarkJson } from "../time/watermark-holder.ts";
import { MAX_WATERMARK, NO_WATERMARK } from "../time/watermark.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { processContext, type ProcessContext } from "./process-context.ts";
import type { ProcessSpec } from "./process-spec.ts";
import { RearmLimit } from "./rearm-limit.ts";
import { ResultWriter } from "./result-writer.ts";
import { refusePromise, rethrowInternal } from "./user-failure.ts";

/** Row of a call of the user's that handles no record. */
const NO_ROW = -1;

/**
 * A process function: user code per record and per timer, with state and timers per key. A call that throws leaves no trace: its
 * state writes, timers and outputs are undone, only a timer that fired stays fired.
 */
export class ProcessOperator implements Operator {
  readonly borrows: boolean = true;
  readonly #context: OperatorContext;
  readonly #spec: ProcessSpec;
  readonly #onRecord: (record: unknown, context: ProcessContext) => unknown;
  readonly #onTimer: readonly ((context: ProcessContext) => unknown)[];
  readonly #state: KeyedState;
  readonly #writer: ResultWriter;
  readonly #view: Rows;
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  readonly #userContext: ProcessContext;
  readonly #eventTimers: number;
  readonly #processingTimers: number;
  readonly #rearmLimit = new RearmLimit();
  // The call of user code that runs; one at a time, so its facts are the operator's.
  /** True during the call only. */
  #isRunning = false;
  #stateRow = 0;
  /** Event time and watermark of what it emits. */
  readonly #emits: { timestamp: number; watermark: number } = { timestamp: NO_WATERMARK, watermark: NO_WATERMARK };
  #watermark = NO_WATERMARK;

  constructor(context: OperatorContext, options: { readonly spec: ProcessSpec }) {
    const { spec } = options;
    this.#context = context;
    this.#spec = spec;
    this.#onRecord = spec.onRecord as (record: unknown, context: unknown) => unknown;
    this.#onTimer = spec.onTimer as readonly ((context: unknown) => unknown)[];
    this.#eventTimers = timerMask(spec, "eventTime");
    this.#processingTimers = timerMask(spec, "processingTime");
    this.#state = context.keyedState({
      timers: spec.timers.map((timer) => timer.name),
      states: spec.states.map((state) => ({ ...state })),
    });
    const layout = spec.emits === null ? null : recordSchema(spec.emits, { trust: true }).layout;
    this.#writer = new ResultWriter(context.output, { layout });
    this.#view = openBatchRows({ debug: context.debug });
    this.#userContext = processContext(spec, {
      state: this.#state,
      currentRow: () => this.#runningRow(),
      now: () => context.clock.now(),
      setTimer: (timer, time) => {
        this.#setTimer(timer, time);
      },
      emit: (record) => {
        this.#emit(record);
      },
    });
  }

  onBatch(_input: number, batch: RecordBatch): void {
    assert(batch.keys !== null, () => `process ${this.#context.name} got a batch without keys`);
    assert(batch.rowKinds === null, () => `process ${this.#context.name} got a changelog`);
    this.#state.keys.resolve(batch.keys, batch.length, this.#rows);
    this.#view.bind(batch);
    for (let row = 0; row < batch.length; row++) {
      this.#advance(batch.watermarks[row] as number);
      this.#runRecord(batch, row);
      this.#fireEventTimers();
    }
    this.#view.release();
    this.#settle();
  }

  onWatermark(_input: number, watermark: number): void {
    this.#advance(watermark);
    this.#writer.watermark(watermark);
    this.#state.releaseEmptyRows();
  }

  onProcessingTime(now: number): void {
    this.#rearmLimit.reset();
    const { timers } = this.#state;
    for (
      let due = timers.popDue(this.#processingTimers, now);
      due !== null;
      due = timers.popDue(this.#processingTimers, now)
    ) {
      // The wall clock says nothing about event time: the output gets the time at which the stream stands.
      this.#runTimer(due, { timestamp: this.#watermark, watermark: this.#watermark });
    }
    this.#fireEventTimers();
    this.#settle();
  }

  nextProcessingTime(): number {
    return this.#state.timers.earliest(this.#processingTimers);
  }

  facts(): Json {
    const { rows, bytes } = this.#state.size();
    const next = this.#state.timers.earliest(this.#eventTimers);
    return {
      watermark: watermarkJson(this.#watermark),
      keys: rows,
      bytes,
      nextTimer: next === Number.POSITIVE_INFINITY ? null : watermarkJson(next),
    };
  }

  #settle(): void {
    this.#writer.flush();
    this.#state.releaseEmptyRows();
  }

  #advance(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.#fireEventTimers();
  }

  /** Fires event-time timers that the watermark has passed, also those that their own functions set meanwhile. */
  #fireEventTimers(): void {
    const { timers } = this.#state;
    if (this.#eventTimers === 0 || timers.earliest(this.#eventTimers) > this.#watermark) return;
    this.#rearmLimit.reset();
    for (
      let due = timers.popDue(this.#eventTimers, this.#watermark);
      due !== null;
      due = timers.popDue(this.#eventTimers, this.#watermark)
    ) {
      this.#runTimer(due, { timestamp: due.time, watermark: Math.min(due.time - 1, this.#watermark) });
    }
  }

  #runRecord(batch: RecordBatch, row: number): void {
    const timestamp = batch.timestamps[row] as number;
    this.#begin(this.#rows[row] as number, timestamp, timestamp, this.#watermark);
    try {
      refusePromise(this.#onRecord(this.#view.at(row), this.#userContext), "onRecord");
    } catch (error) {
      this.#undo(error, batch, row, "handling a record");
      return;
    }
    this.#commit();
  }

  #runTimer(due: { row: number; timer: number; time: number }, emits: { timestamp: number; watermark: number }): void {
    const { row, timer, time } = due;
    this.#rearmLimit.begin(due);
    this.#begin(row, time, emits.timestamp, emits.watermark);
    try {
      refusePromise(this.#onTimer[timer]?.(this.#userContext), "a timer function");
    } catch (error) {
      this.#undo(error, null, NO_ROW, `running timer "${this.#spec.timers[timer]?.name ?? ""}"`);
      this.#rearmLimit.end();
      return;
    }
    this.#commit();
    this.#rearmLimit.end();
  }

  /** Before a function of the user's runs, with `#commit` or `#undo` after it. `time` is what it sees as `c.time`. */
  #begin(stateRow: number, time: number, timestamp: number, watermark: number): void {
    const user = this.#userContext;
    user.key = this.#state.keys.key(stateRow);
    user.time = time;
    user.watermark = this.#watermark;
    this.#stateRow = stateRow;
    this.#emits.timestamp = timestamp;
    this.#emits.watermark = watermark;
    this.#state.begin();
    this.#writer.begin();
    this.#isRunning = true;
  }

  #commit(): void {
    this.#isRunning = false;
    this.#state.commit();
    this.#writer.commit();
  }

  /** After a function of the user's threw. */
  #undo(error: unknown, batch: RecordBatch | null, row: number, doing: string): void {
    this.#isRunning = false;
    this.#writer.rollback();
    this.#state.rollback();
    rethrowInternal(error);
    this.#context.userError(error, { batch, row, key: this.#state.keys.key(this.#stateRow), doing });
  }

  #runningRow(): number {
    if (this.#isRunning) return this.#stateRow;
    throw new TidemarkError(
      "TM_USER_CODE",
      "the context of a process function was used after its call; state, timers and emit are for the call only",
    );
  }

  #setTimer(timer: number, time: number): void {
    const stateRow = this.#runningRow();
    this.#rearmLimit.check({ row: stateRow, timer, time, atEnd: this.#watermark === MAX_WATERMARK });
    this.#state.timers.set(stateRow, timer, time);
  }

  #emit(record: unknown): void {
    this.#runningRow();
    if (this.#spec.emits === null) {
      throw new TidemarkError(
        "TM_USER_CODE",
        "a process function emits only with a schema of what it emits: add emits",
      );
    }
    this.#writer.write(record, this.#emits);
  }
}

function timerMask(spec: ProcessSpec, domain: "eventTime" | "processingTime"): number {
  return spec.timers.reduce((mask, timer, index) => (timer.domain === domain ? mask | (1 << index) : mask), 0);
}
