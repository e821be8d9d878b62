import { assert } from "../foundation/assert.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import type { KeyColumn } from "../record/key-column.ts";
import type { SlotState } from "../state/slot-state.ts";
import type { KeyedState } from "../state/state-backend.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { CompiledAggregates, type CompiledMember } from "./compiled-aggregates.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { RecordFailures } from "./record-failures.ts";
import { hasOddNames, ResultColumns } from "./result-columns.ts";
import { SelectedValues } from "./selected-values.ts";
import { TableChanges } from "./table-changes.ts";

/** The state of slots: one of each key that has records, also where aggregates have nothing in it. */
const SLOTS = "results";

/** Each record changes at most a row before and a row after. */
const CHANGES_MAX = 2 * BATCH_ROWS_MAX;

/**
 * Unwindowed aggregate: a table of { key, …results } as a changelog stream, still keyed. A key's first record inserts its row,
 * each later one gives the row before and the row after.
 */
export class AggregateOperator implements Operator {
  /** Changes have the keys of their records. */
  readonly borrows: boolean;
  readonly #context: OperatorContext;
  readonly #aggregates: CompiledAggregates;
  readonly #state: KeyedState;
  readonly #slots: SlotState;
  readonly #fields: readonly CompiledMember[];
  readonly #live: readonly CompiledMember[];
  readonly #selected: SelectedValues;
  readonly #failures: RecordFailures;
  /** Set where all that there is are numbers in slots: nothing can fail then, and batches are changed whole. */
  readonly #table: TableChanges | null;
  readonly #columns: ResultColumns;
  /** By row of the batch: its key's row in the state. */
  readonly #stateRows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  /** Records whose values were selected: their rows, slots, and whether they are the first of their keys. */
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  readonly #at: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  readonly #isFirst: Uint8Array = new Uint8Array(BATCH_ROWS_MAX);
  /** Changes of a batch. */
  readonly #numbers: readonly (Float64Array | null)[];
  readonly #values: readonly (unknown[] | null)[];
  readonly #changes = {
    rows: new Int32Array(CHANGES_MAX),
    stateRows: new Int32Array(CHANGES_MAX),
    timestamps: new Float64Array(CHANGES_MAX),
    watermarks: new Float64Array(CHANGES_MAX),
    rowKinds: new Uint8Array(CHANGES_MAX),
  };

  constructor(context: OperatorContext, options: { readonly aggregates: NamedAggregates }) {
    this.borrows = context.output.borrows === true;
    this.#context = context;
    const aggregates = new CompiledAggregates(options.aggregates);
    const { members } = aggregates;
    this.#aggregates = aggregates;
    this.#state = context.keyedState({
      timers: [],
      states: [{ name: SLOTS, kind: "slots", fields: aggregates.fields }],
    });
    this.#slots = this.#state.slots(SLOTS);
    this.#fields = members.filter(({ place }) => place === "value");
    this.#live = members.filter(({ place }) => place === "live");
    this.#selected = new SelectedValues(aggregates, { debug: context.debug });
    this.#failures = new RecordFailures(context, this.#state.keys, this.#stateRows);
    this.#table =
      aggregates.isWords && !hasOddNames(aggregates, "table") ? new TableChanges(context, aggregates) : null;
    this.#columns = new ResultColumns(context.output, { aggregates, keys: this.#state.keys, of: "table" });
    this.#numbers = members.map(({ place }) => (place === "words" ? new Float64Array(CHANGES_MAX) : null));
    this.#values = members.map(({ place }) => (place === "words" ? null : []));
  }

  onBatch(_input: number, batch: RecordBatch): void {
    assert(batch.keys !== null, () => `aggregate ${this.#context.name} got a batch without keys`);
    assert(batch.rowKinds === null, () => `aggregate ${this.#context.name} got a changelog`);
    this.#state.keys.resolve(batch.keys, batch.length, this.#stateRows);
    this.#selected.bind(batch);
    const count = this.#select(batch.length);
    if (this.#table === null) this.#changeEach(batch, batch.keys, count);
    else this.#changeAll(this.#table, batch, batch.keys, count);
    this.#state.releaseEmptyRows();
  }

  onWatermark(_input: number, watermark: number): void {
    this.#table?.watermark(watermark);
    this.#columns.watermark(watermark);
  }

  facts(): Json {
    const { rows, bytes } = this.#state.size();
    return { keys: rows, bytes };
  }

  /** Selects the values of a batch; returns how many records have theirs. */
  #select(length: number): number {
    const rows = this.#rows;
    for (let i = 0; i < length; i++) rows[i] = i;
    const isGood = this.#selected.select(rows, length, (error, row) => {
      this.#failures.add(error, row, "aggregating a record");
    });
    if (isGood) return length;
    let count = 0;
    for (let row = 0; row < length; row++) if (this.#selected.failed[row] === 0) rows[count++] = row;
    return count;
  }

  /** No user code any more: all records at once. */
  #changeAll(table: TableChanges, batch: RecordBatch, keys: KeyColumn, count: number): void {
    const slots = this.#slots;
    const at = this.#at;
    const isFirst = this.#isFirst;
    for (let i = 0; i < count; i++) {
      const stateRow = this.#stateRows[this.#rows[i] as number] as number;
      const found = slots.find(stateRow);
      if (found < 0) {
        at[i] = slots.claim(stateRow);
        isFirst[i] = 1;
      } else {
        slots.touch(found);
        at[i] = found;
        isFirst[i] = 0;
      }
    }
    const records = { slots: at, isFirst, rows: this.#rows, count };
    const { columns } = this.#selected;
    table.apply({ batch, keys, records, words: slots.words, values: columns });
    this.#selected.release();
    this.#failures.report(batch);
    table.flush();
  }

  /** Record by record, each undone if the user's aggregate throws. */
  #changeEach(batch: RecordBatch, keys: KeyColumn, count: number): void {
    let length = 0;
    for (let i = 0; i < count; i++) {
      const row = this.#rows[i] as number;
      const stateRow = this.#stateRows[row] as number;
      const isFirst = this.#slots.find(stateRow) < 0;
      // First what user code can spoil; after that nothing needs to be undone.
      this.#state.begin();
      try {
        this.#changeFields(batch, row, this.#slots.claim(stateRow), { isFirst, to: length });
      } catch (error) {
        this.#state.rollback();
        this.#failures.add(error, row, "aggregating a record");
        continue;
      }
      this.#state.commit();
      this.#changeRest(batch, row, { isFirst, to: length });
      length = this.#noteChanges(batch, row, isFirst, length);
    }
    this.#selected.release();
    this.#failures.report(batch);
    const { stateRows } = this.#changes;
    this.#columns.appendChanges(
      { length, stateRows, numbers: this.#numbers, values: this.#values },
      { ...this.#changes, keys },
    );
    for (const values of this.#values) if (values !== null) values.length = 0;
    this.#columns.flush();
  }

  #changeFields(batch: RecordBatch, row: number, at: number, change: { isFirst: boolean; to: number }): void {
    const time = batch.timestamps[row] as number;
    for (const member of this.#fields) {
      const { aggregate, field, index } = member;
      const values = this.#values[index] as unknown[];
      let { to } = change;
      // A copy of its own: the row before may be the accumulator itself, which adding changes.
      if (!change.isFirst) values[to++] = aggregate.result(this.#slots.value(at, field) ?? aggregate.create());
      const accumulator = this.#slots.value(at, field) ?? aggregate.create();
      const added = aggregate.add(accumulator, this.#selected.valueOf(member, row), time);
      this.#slots.setValue(at, field, added);
      values[to] = aggregate.result(added);
    }
  }

  #changeRest(batch: RecordBatch, row: number, change: { isFirst: boolean; to: number }): void {
    const stateRow = this.#stateRows[row] as number;
    const time = batch.timestamps[row] as number;
    const at = this.#slots.find(stateRow);
    this.#slots.touch(at);
    for (const member of this.#live) {
      const { aggregate, field, index } = member;
      const values = this.#values[index] as unknown[];
      const accumulator = this.#slots.value(at, field) ?? aggregate.create();
      let { to } = change;
      if (!change.isFirst) values[to++] = aggregate.result(accumulator);
      const added = aggregate.add(accumulator, this.#selected.valueOf(member, row), time);
      this.#slots.setValue(at, field, added);
      values[to] = aggregate.result(added);
    }
    this.#at[0] = at;
    const { words } = this.#slots;
    let { to } = change;
    if (!change.isFirst) this.#aggregates.results(words, this.#at, 1, this.#numbers, to++);
    this.#aggregates.addOne(words, at, row, this.#selected.columns);
    this.#aggregates.results(words, this.#at, 1, this.#numbers, to);
  }

  /** Notes times and kinds of a record's changes, from change `to` on; returns where the next ones go. */
  #noteChanges(batch: RecordBatch, row: number, isFirst: boolean, to: number): number {
    const { rows, stateRows, timestamps, watermarks, rowKinds } = this.#changes;
    const end = to + (isFirst ? 1 : 2);
    for (let change = to; change < end; change++) {
      stateRows[change] = this.#stateRows[row] as number;
      rows[change] = row;
      timestamps[change] = batch.timestamps[row] as number;
      watermarks[change] = batch.watermarks[row] as number;
      rowKinds[change] = isFirst ? ROW_KINDS.insert : ROW_KINDS.updateAfter;
    }
    if (!isFirst) rowKinds[to] = ROW_KINDS.updateBefore;
    return end;
  }
}
