import { BATCH_ROWS_MAX } from "../record/batch.ts";
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

/** The slots of a window's keys, merged over its panes. */
export class MergedPanes {
  readonly #aggregates: CompiledAggregates;
  readonly #slots: PaneSlotState;
  readonly #stateRows = new Int32Array(BATCH_ROWS_MAX);
  readonly #at = new Int32Array(BATCH_ROWS_MAX);
  readonly #places = new Int32Array(BATCH_ROWS_MAX);
  /** Keys merged so far, in order of coming, and their slots one after another. */
  #merged = new Int32Array(BATCH_ROWS_MAX);
  #words = new Float64Array(0);
  #count = 0;
  /**
   * By state row, where it is among the merged ones. What stands there from before is never cleared: it counts only if the row is at that
   * place indeed.
   */
  readonly #placeOf: Int32Array[] = [];

  constructor(slots: PaneSlotState, aggregates: CompiledAggregates) {
    this.#slots = slots;
    this.#aggregates = aggregates;
  }

  /**
   * Calls `visit` with all keys of the panes, which are given in order of time, in chunks of up to BATCH_ROWS_MAX. Keys come in the order
   * of the panes and within a pane in its own, each once.
   */
  forEach(panes: readonly number[], visit: (chunk: SlotChunk) => void): void {
    const [only] = panes;
    if (only !== undefined && panes.length === 1) this.#scan(only, visit);
    else if (panes.length > 1) this.#merge(panes, visit);
  }

  #scan(pane: number, visit: (chunk: SlotChunk) => void): void {
    const stateRows = this.#stateRows;
    const slots = this.#at;
    let from = 0;
    for (;;) {
      const count = this.#slots.scan(pane, from, stateRows, slots);
      if (count === 0) return;
      visit({ words: this.#slots.words, stateRows, slots, count });
      from += count;
    }
  }

  #merge(panes: readonly number[], visit: (chunk: SlotChunk) => void): void {
    this.#count = 0;
    for (const pane of panes) {
      this.#scan(pane, ({ words, stateRows, slots, count }) => {
        this.#reserve(this.#count + count);
        this.#findPlaces(stateRows, count);
        this.#aggregates.merge(this.#words, this.#places, words, slots, count);
      });
    }
    const { width } = this.#aggregates;
    for (let from = 0; from < this.#count; from += BATCH_ROWS_MAX) {
      const count = Math.min(BATCH_ROWS_MAX, this.#count - from);
      for (let i = 0; i < count; i++) {
        this.#stateRows[i] = this.#merged[from + i] as number;
        this.#at[i] = (from + i) * width;
      }
      visit({ words: this.#words, stateRows: this.#stateRows, slots: this.#at, count });
    }
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

  #reserve(rows: number): void {
    if (rows > this.#merged.length) {
      const grown = new Int32Array(Math.max(rows, this.#merged.length * 2));
      grown.set(this.#merged);
      this.#merged = grown;
    }
    const words = rows * this.#aggregates.width;
    if (words > this.#words.length) {
      const grown = new Float64Array(this.#merged.length * this.#aggregates.width);
      grown.set(this.#words);
      this.#words = grown;
    }
  }
}
