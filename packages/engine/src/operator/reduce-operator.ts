import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import { openBatchRows, type Rows } from "../record/record-view.ts";
import { recordOf } from "../record/row-copy.ts";
import type { KeyedState, ValueState } from "../state/state-backend.ts";
import { PLAIN_CODEC } from "../state/state-codec.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { ResultWriter } from "./result-writer.ts";
import { refusePromise, rethrowInternal } from "./user-failure.ts";

/**
 * Unwindowed reduce: a table of one record per key as a changelog stream, still keyed. A key's first record is its row; each later one
 * gives the row before and, as the row after, what the user's function made of both.
 */
export class ReduceOperator implements Operator {
  readonly #context: OperatorContext;
  readonly #fn: (accumulated: unknown, record: unknown) => unknown;
  readonly #state: KeyedState;
  readonly #accumulated: ValueState<unknown>;
  readonly #writer: ResultWriter;
  readonly #view: Rows;
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);

  constructor(context: OperatorContext, options: { readonly fn: (accumulated: never, record: never) => unknown }) {
    this.#context = context;
    this.#fn = options.fn as (accumulated: unknown, record: unknown) => unknown;
    this.#state = context.keyedState({
      timers: [],
      states: [{ name: "accumulated", kind: "value", isolation: "copy", codec: PLAIN_CODEC }],
    });
    this.#accumulated = this.#state.value<unknown>("accumulated");
    this.#writer = new ResultWriter(context.output, { keys: this.#state.keys });
    this.#view = openBatchRows({ debug: context.debug });
  }

  onBatch(_input: number, batch: RecordBatch): void {
    assert(batch.keys !== null, () => `reduce ${this.#context.name} got a batch without keys`);
    assert(batch.rowKinds === null, () => `reduce ${this.#context.name} got a changelog`);
    this.#state.keys.resolve(batch.keys, batch.length, this.#rows);
    this.#view.bind(batch);
    for (let row = 0; row < batch.length; row++) this.#onRecord(batch, row);
    this.#view.release();
    this.#writer.flush();
    this.#state.releaseEmptyRows();
  }

  onWatermark(_input: number, watermark: number): void {
    this.#writer.watermark(watermark);
  }

  facts(): Json {
    const { rows, bytes } = this.#state.size();
    return { keys: rows, bytes };
  }

  #onRecord(batch: RecordBatch, row: number): void {
    const stateRow = this.#rows[row] as number;
    this.#state.begin();
    this.#writer.begin();
    try {
      this.#update(batch, row, stateRow);
    } catch (error) {
      this.#writer.rollback();
      this.#state.rollback();
      rethrowInternal(error);
      this.#context.userError(error, { batch, row, key: this.#state.keys.key(stateRow), doing: "reducing a record" });
      return;
    }
    this.#state.commit();
    this.#writer.commit();
  }

  #update(batch: RecordBatch, row: number, stateRow: number): void {
    const times = {
      timestamp: batch.timestamps[row] as number,
      watermark: batch.watermarks[row] as number,
      tag: stateRow,
    };
    const accumulated = this.#accumulated.get(stateRow);
    if (accumulated === undefined) {
      const first = recordOf(batch, row);
      this.#accumulated.set(stateRow, first);
      this.#writer.write(first, { ...times, rowKind: ROW_KINDS.insert });
      return;
    }
    this.#writer.write(accumulated, { ...times, rowKind: ROW_KINDS.updateBefore });
    // Another copy: the one that was written shares its nested values with the batch.
    const reduced = this.#fn(this.#accumulated.get(stateRow), this.#view.at(row));
    refusePromise(reduced, "a reduce function");
    if (reduced === undefined)
      throw new TidemarkError("TM_RECORD", "a reduce function must return a record, it returned undefined");
    this.#accumulated.set(stateRow, reduced);
    this.#writer.write(reduced, { ...times, rowKind: ROW_KINDS.updateAfter });
  }
}
