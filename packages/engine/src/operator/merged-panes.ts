import { BATCH_ROWS_MAX } from "../record/batch.ts";
import { GrowingArray } from "../state/memory/growing-array.ts";
import type { PaneSlotState } from "../state/slot-state.ts";
import type { CompiledAggregates } from "./compiled-aggregates.ts";

/** Some keys of a window and their slots; the arrays are used again after the call that gets them. */
export interface SlotChunk {
  readonly words: Float64Array;
  readonly stateRows: Int32Array;
  readonly slots: Int32Array;
  readonly count: number;
}

/** Places are looked up in arrays of so many state rows each. */
const PLACES = 4_096;

/**
 * The slots of a window's keys, merged over its panes, in parts: `begin`, then `scan` until all slots were seen, then `take` until all that were
 * merged are taken. Meanwhile the panes stay as they are.
 */
export class MergedPanes {
  readonly #aggregates: CompiledAggregates;
  readonly #slots: PaneSlotState;
  readonly #stateRows = new Int32Array(BATCH_ROWS_MAX);
  readonly #at = new Int32Array(BATCH_ROWS_MAX);
  readonly #places = new Int32Array(BATCH_ROWS_MAX);
  #panes: readonly number[] = [];
  /** The pane that is scanned, and how many of its slots were. */
  #pane = 0;
  #scanned = 0;
  /** Keys merged so far, in order of coming, and their slots one after another. */
  readonly #mergedMemory = new GrowingArray(Int32Array);
  #merged: Int32Array = this.#mergedMemory.array;
  readonly #wordMemory = new GrowingArray(Float64Array);
  #words: Float64Array = this.#wordMemory.array;
  #count = 0;
  #taken = 0;
  /**
   * By state row, where it is among the merged ones. What stands there from before is never cleared: it counts only if the row is at that
   * place indeed.
   */
  readonly #placeOf: Int32Array[] = [];

  constructor(slots: PaneSlotState, aggregates: CompiledAggregates) {
    this.#slots = slots;
    this.#aggregates = aggregates;
  }

  /** Panes are given in order of time. A single one is not merged: what `scan` gives is all. */
  begin(panes: readonly number[]): void {
    this.#panes = panes;
    this.#pane = 0;
    this.#scanned = 0;
    this.#count = 0;
    this.#taken = 0;
  }

  /** The next slots of the panes, up to `most` and BATCH_ROWS_MAX, merged if they are of several; null after the last. */
  scan(most: number): SlotChunk | null {
    while (this.#pane < this.#panes.length) {
      const chunk = this.#scan(this.#panes[this.#pane] as number, most);
      if (chunk !== null) {
        if (this.#panes.length > 1) this.#merge(chunk);
        return chunk;
      }
      this.#pane++;
      this.#scanned = 0;
    }
    return null;
  }

  /** The next of the merged keys, up to `most` and BATCH_ROWS_MAX, each once; null after the last. In the order of panes, and within one in its own. */
  take(most: number): SlotChunk | null {
    const { width } = this.#aggregates;
    const from = this.#taken;
    const count = Math.min(BATCH_ROWS_MAX, most, this.#count - from);
    if (count === 0) return null;
    for (let i = 0; i < count; i++) {
      this.#stateRows[i] = this.#merged[from + i] as number;
      this.#at[i] = (from + i) * width;
    }
    this.#taken += count;
    return { words: this.#words, stateRows: this.#stateRows, slots: this.#at, count };
  }

  #scan(pane: number, most: number): SlotChunk | null {
    const stateRows = most < BATCH_ROWS_MAX ? this.#stateRows.subarray(0, most) : this.#stateRows;
    const count = this.#slots.scan(pane, this.#scanned, stateRows, this.#at);
    if (count === 0) return null;
    this.#scanned += count;
    return { words: this.#slots.words, stateRows, slots: this.#at, count };
  }

  #merge({ words, stateRows, slots, count }: SlotChunk): void {
    this.#reserve(this.#count + count);
    this.#findPlaces(stateRows, count);
    this.#aggregates.merge(this.#words, this.#places, words, slots, count);
  }

  #findPlaces(stateRows: Int32Array, count: number): void {
    const merged = this.#merged;
    const places = this.#places;
    let known = this.#count;
    for (let i = 0; i < count; i++) {
      const row = stateRows[i] as number;
      const part = (this.#placeOf[row >>> 12] ??= new Int32Array(PLACES));
      const place = part[row & (PLACES - 1)] as number;
      if (place < known && merged[place] === row) {
        places[i] = place;
        continue;
      }
      part[row & (PLACES - 1)] = known;
      merged[known] = row;
      places[i] = -1 - known;
      known++;
    }
    this.#count = known;
  }

  /** Arrays that grow where they are: however many keys there are, no call copies them. */
  #reserve(rows: number): void {
    if (rows <= this.#merged.length && rows * this.#aggregates.width <= this.#words.length) return;
    this.#mergedMemory.reserve(rows);
    this.#merged = this.#mergedMemory.array;
    this.#wordMemory.reserve(rows * this.#aggregates.width);
    this.#words = this.#wordMemory.array;
  }
}
