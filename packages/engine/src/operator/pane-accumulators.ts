import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import type { PaneSlotState, SlotField } from "../state/slot-state.ts";
import type { KeyedState, StateDescriptor } from "../state/state-backend.ts";
import type { CompiledAggregates, CompiledMember } from "./compiled-aggregates.ts";
import type { OnSelectorError, SelectedValues } from "./selected-values.ts";
import { rethrowInternal } from "./user-failure.ts";

/** The state of slots: one of a pane and key that has records, also where aggregates have nothing in it. */
const SLOTS = "results";

/** Records of one pane, and where they are. */
export interface PaneRecords {
  readonly pane: number;
  /** Rows of the batch, in order. */
  readonly rows: Int32Array;
  readonly count: number;
  /** By row of the batch: its key's row in the state. */
  readonly stateRows: Int32Array;
  readonly batch: RecordBatch;
  readonly selected: SelectedValues;
}

/** The states that {@link PaneAccumulators} needs; `own` fields are the operator's, before those of the aggregates. */
export function paneDescriptors({ fields }: CompiledAggregates, own: readonly SlotField[]): StateDescriptor[] {
  return [{ name: SLOTS, kind: "paneSlots", fields: [...own, ...fields] }];
}

/** The accumulators of a step's aggregates by pane and key. */
export class PaneAccumulators {
  readonly slots: PaneSlotState;
  readonly #aggregates: CompiledAggregates;
  readonly #state: KeyedState;
  /** Members by place; `live` with its state. */
  readonly #fields: readonly CompiledMember[];
  readonly #live: readonly CompiledMember[];
  readonly #stateRows = new Int32Array(BATCH_ROWS_MAX);
  readonly #at = new Int32Array(BATCH_ROWS_MAX);

  constructor(state: KeyedState, aggregates: CompiledAggregates) {
    this.#state = state;
    this.#aggregates = aggregates;
    this.slots = state.paneSlots(SLOTS);
    this.#fields = aggregates.members.filter(({ place }) => place === "value");
    this.#live = aggregates.members.filter(({ place }) => place === "live");
  }

  /**
   * Adds records whose values were selected. One whose user-made aggregate throws changes nothing and goes to `onError`. Returns whether
   * all were added; those that were not have -1 in `slotOf`.
   */
  add(records: PaneRecords, onError: OnSelectorError): boolean {
    const { pane, rows, count, stateRows, selected } = records;
    const { slots } = this;
    const at = this.#at;
    const mine = this.#stateRows;
    for (let i = 0; i < count; i++) mine[i] = stateRows[rows[i] as number] as number;
    const sizeBefore = slots.size(pane);
    slots.claimAll(mine, count, pane, at);
    let isGood = true;
    if (this.#fields.length > 0) {
      isGood = this.#addToFields(records, onError);
      // Words as they are now: a field is a word too.
      if (!isGood) this.#deleteEmpty(pane, sizeBefore, count);
    }
    this.#aggregates.add(slots.words, at, rows, count, selected.columns);
    for (const member of this.#live) this.#addLive(member, records);
    return isGood;
  }

  /** After `add`, which returned false: whether the i-th of its records was added. */
  wasAdded(i: number): boolean {
    return (this.#at[i] as number) >= 0;
  }

  /** Adds a record to those accumulators where user code may throw, in a slot that may be new. Within a journal. */
  addOneToFields(pane: number, stateRow: number, row: number, records: PaneRecords): void {
    const at = this.slots.claim(stateRow, pane);
    this.slots.touch(at);
    for (const member of this.#fields) this.#addToField(member, at, row, records);
  }

  /** Adds a record to the other accumulators; after {@link addOneToFields}. */
  addOneToRest(pane: number, stateRow: number, row: number, records: PaneRecords): void {
    const at = this.slots.find(stateRow, pane);
    this.slots.touch(at);
    this.#aggregates.addOne(this.slots.words, at, row, records.selected.columns);
    for (const member of this.#live) this.#addToField(member, at, row, records);
  }

  /** The accumulator of a key over panes, in time order, for an aggregate without words. What the panes have stays as it is. */
  merged({ aggregate, field }: CompiledMember, stateRow: number, panes: readonly number[]): unknown {
    let single: unknown;
    let merged: unknown;
    let count = 0;
    for (const pane of panes) {
      const at = this.slots.find(stateRow, pane);
      if (at < 0) continue;
      const accumulator = this.slots.value(at, field) ?? aggregate.create();
      count++;
      if (count === 1) single = accumulator;
      else merged = aggregate.merge(count === 2 ? aggregate.merge(aggregate.create(), single) : merged, accumulator);
    }
    if (count === 0) return aggregate.create();
    return count === 1 ? single : merged;
  }

  /** Accumulators are decoded once for all records of a slot, and encoded when all are added. */
  #addToFields(records: PaneRecords, onError: OnSelectorError): boolean {
    const { count } = records;
    const { slots } = this;
    const at = this.#at;
    const open = new Map<number, OpenSlot>();
    for (let from = 0; from < count;) {
      const place = at[from] as number;
      let end = from + 1;
      while (end < count && at[end] === place) end++;
      let slot = open.get(place);
      if (slot === undefined) {
        slot = {
          accumulators: this.#fields.map(({ aggregate, field }) => slots.value(place, field) ?? aggregate.create()),
          isGood: true,
        };
        open.set(place, slot);
      }
      if (slot.isGood) slot.isGood = this.#addRun(slot.accumulators, records, from, end);
      from = end;
    }
    let isGood = true;
    for (const [place, slot] of open) {
      if (slot.isGood && this.#store(place, slot.accumulators)) continue;
      this.#addCarefully(place, records, onError);
      isGood = false;
    }
    return isGood;
  }

  /** Adds the records from `from` up to `end` to the accumulators of their slot; false if that threw. */
  #addRun(accumulators: unknown[], { rows, batch, selected }: PaneRecords, from: number, end: number): boolean {
    const members = this.#fields;
    const { timestamps } = batch;
    try {
      for (let i = from; i < end; i++) {
        const row = rows[i] as number;
        const time = timestamps[row] as number;
        for (let m = 0; m < members.length; m++) {
          const member = members[m] as CompiledMember;
          accumulators[m] = member.aggregate.add(accumulators[m], selected.valueOf(member, row), time);
        }
      }
    } catch (error) {
      rethrowInternal(error);
      return false;
    }
    return true;
  }

  /** False if a user's accumulator is nothing that can be kept; then nothing was changed. */
  #store(at: number, accumulators: readonly unknown[]): boolean {
    this.#state.begin();
    try {
      this.#fields.forEach(({ field }, m) => {
        this.slots.setValue(at, field, accumulators[m]);
      });
    } catch (error) {
      this.#state.rollback();
      rethrowInternal(error);
      return false;
    }
    this.#state.commit();
    return true;
  }

  /** Once more for a slot of which a record failed: record by record, each undone on its own. */
  #addCarefully(slot: number, records: PaneRecords, onError: OnSelectorError): void {
    const { rows, count } = records;
    for (let i = 0; i < count; i++) {
      if (this.#at[i] !== slot) continue;
      const row = rows[i] as number;
      this.#state.begin();
      try {
        for (const member of this.#fields) this.#addToField(member, slot, row, records);
      } catch (error) {
        this.#state.rollback();
        this.#at[i] = -1;
        onError(error, row);
        continue;
      }
      this.#state.commit();
    }
  }

  #addToField(member: CompiledMember, at: number, row: number, { batch, selected }: PaneRecords): void {
    const { aggregate, field } = member;
    const accumulator = this.slots.value(at, field) ?? aggregate.create();
    const value = selected.valueOf(member, row);
    this.slots.setValue(at, field, aggregate.add(accumulator, value, batch.timestamps[row] as number));
  }

  /** A slot that was made for records that all failed must not be there: its window would have a result. New slots are the pane's last. */
  #deleteEmpty(pane: number, sizeBefore: number, count: number): void {
    const { slots } = this;
    const added = new Set<number>();
    for (let i = 0; i < count; i++) if (this.wasAdded(i)) added.add(this.#stateRows[i] as number);
    const rows = new Int32Array(count);
    const made = slots.scan(pane, sizeBefore, rows, new Int32Array(count));
    const empty = rows.subarray(0, made).filter((row) => !added.has(row));
    for (const row of empty) slots.delete(row, pane);
    if (empty.length === 0) return;
    for (let i = 0; i < count; i++) if (this.wasAdded(i)) this.#at[i] = slots.find(this.#stateRows[i] as number, pane);
  }

  /** An accumulator is looked up once for records of a slot that follow one another. */
  #addLive({ aggregate, field, index }: CompiledMember, { rows, count, batch, selected }: PaneRecords): void {
    const { slots } = this;
    const { timestamps } = batch;
    const column = selected.columns[index];
    let last = -1;
    let accumulator: unknown;
    for (let i = 0; i < count; i++) {
      const at = this.#at[i] as number;
      if (at < 0) continue;
      if (at !== last) {
        if (last >= 0) slots.setValue(last, field, accumulator);
        accumulator = slots.value(at, field) ?? aggregate.create();
        last = at;
      }
      const row = rows[i] as number;
      accumulator = aggregate.add(accumulator, column?.[row], timestamps[row] as number);
    }
    if (last >= 0) slots.setValue(last, field, accumulator);
  }
}

/** Accumulators of a slot while records are added to it. */
interface OpenSlot {
  readonly accumulators: unknown[];
  isGood: boolean;
}
