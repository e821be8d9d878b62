import { assert } from "../foundation/assert.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import { openBatchRows, type Rows } from "../record/record-view.ts";
import type { KeyedState, ValueState } from "../state/state-backend.ts";
import { accumulatorState, AggregateSet, type AnyAggregate, type NamedAggregates } from "./aggregate-set.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { ResultWriter } from "./result-writer.ts";
import { rethrowInternal } from "./user-failure.ts";

/**
 * Unwindowed aggregate: a table of { key, …results } as a changelog stream, still keyed. A key's first record inserts its row,
 * each later one gives the row before and the row after.
 */
export class AggregateOperator implements Operator {
  readonly #context: OperatorContext;
  readonly #set: AggregateSet;
  readonly #state: KeyedState;
  readonly #accumulators: readonly ValueState<unknown>[];
  readonly #writer: ResultWriter;
  readonly #view: Rows;
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  readonly #values: unknown[] = [];

  constructor(context: OperatorContext, options: { readonly aggregates: NamedAggregates }) {
    this.#context = context;
    this.#set = new AggregateSet(options.aggregates);
    this.#state = context.keyedState({ timers: [], states: this.#set.stateDescriptors("value") });
    this.#accumulators = this.#set.names.map((name) => this.#state.value<unknown>(accumulatorState(name)));
    this.#writer = new ResultWriter(context.output, { keys: this.#state.keys });
    this.#view = openBatchRows({ debug: context.debug });
  }

  onBatch(_input: number, batch: RecordBatch): void {
    assert(batch.keys !== null, () => `aggregate ${this.#context.name} got a batch without keys`);
    assert(batch.rowKinds === null, () => `aggregate ${this.#context.name} got a changelog`);
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
      this.#set.select(this.#view.at(row), this.#values);
      this.#update(stateRow, batch.timestamps[row] as number, batch.watermarks[row] as number);
    } catch (error) {
      this.#writer.rollback();
      this.#state.rollback();
      rethrowInternal(error);
      this.#context.userError(error, {
        batch,
        row,
        key: this.#state.keys.key(stateRow),
        doing: "aggregating a record",
      });
      return;
    }
    this.#state.commit();
    this.#writer.commit();
  }

  #update(row: number, timestamp: number, watermark: number): void {
    const accumulators = this.#accumulators.map((state) => state.get(row));
    // A key has all of its accumulators or none; one that an earlier version of the pipeline did not have starts now.
    const isNew = accumulators.every((accumulator) => accumulator === undefined);
    for (let i = 0; i < accumulators.length; i++)
      accumulators[i] ??= (this.#set.aggregates[i] as AnyAggregate).create();
    const key = this.#state.keys.key(row);
    const times = { timestamp, watermark, tag: row };
    if (!isNew) this.#writer.write(this.#result(key, accumulators), { ...times, rowKind: ROW_KINDS.updateBefore });
    this.#set.add(accumulators, this.#values, timestamp);
    for (let i = 0; i < accumulators.length; i++)
      (this.#accumulators[i] as ValueState<unknown>).set(row, accumulators[i]);
    this.#writer.write(this.#result(key, accumulators), {
      ...times,
      rowKind: isNew ? ROW_KINDS.insert : ROW_KINDS.updateAfter,
    });
  }

  #result(key: unknown, accumulators: readonly unknown[]): Record<string, unknown> {
    const record: Record<string, unknown> = { key };
    this.#set.results(accumulators, record);
    return record;
  }
}
