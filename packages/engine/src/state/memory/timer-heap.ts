import { FrozenWords } from "./frozen-words.ts";
import { GrowingArray } from "./growing-array.ts";
import type { RowTable } from "./row-table.ts";

/** Children of a place: half the levels of a binary heap, and a place's children are side by side in memory. */
const ARITY_BITS = 2;
const ARITY = 2 ** ARITY_BITS;

/** Words of an entry: time and row. */
const ENTRY = 2;

/** A heap as it was when it was frozen. */
export interface FrozenHeap {
  readonly size: number;
  /** Time, then row, of the entry at a position; good until the next call. */
  entry(position: number): Float64Array;
}

/**
 * Pending times of one timer: a heap of rows by (time, key bytes) that knows each row's position, so that a time is replaced or
 * removed in place. Nothing stale is ever in it: a row in the heap is live, and its key can be compared. Two arrays that grow where they are.
 */
export class TimerHeap {
  readonly #table: RowTable;
  /** Time and row of each position; the first #size of them. */
  readonly #memory = new GrowingArray(Float64Array);
  #entries: Float64Array;
  #size = 0;
  /** Position in the heap + 1 by row; 0 is none. */
  readonly #rowMemory = new GrowingArray(Int32Array);
  #positions: Int32Array;
  #frozen: FrozenWords | null = null;

  constructor(table: RowTable) {
    this.#table = table;
    this.#entries = this.#memory.array;
    this.#positions = this.#rowMemory.array;
  }

  get size(): number {
    return this.#size;
  }

  /** Row of the first pending time, -1 if there is none. */
  get first(): number {
    return this.#size === 0 ? -1 : (this.#entries[1] as number);
  }

  /** Until `thaw`: the entries as they are now, in heap order. No more is copied than is changed meanwhile. */
  freeze(): FrozenHeap {
    const frozen = new FrozenWords(this.#size * ENTRY);
    const entry = new Float64Array(ENTRY);
    this.#frozen = frozen;
    return {
      size: this.#size,
      entry: (position) => {
        frozen.read(this.#entries, position * ENTRY, ENTRY, entry);
        return entry;
      },
    };
  }

  thaw(): void {
    this.#frozen = null;
  }

  has(row: number): boolean {
    return row < this.#positions.length && this.#positions[row] !== 0;
  }

  /** Pending time of a row that has one. */
  time(row: number): number {
    return this.#entries[((this.#positions[row] as number) - 1) * ENTRY] as number;
  }

  set(row: number, time: number): void {
    if (row >= this.#positions.length) {
      this.#rowMemory.reserve(row + 1);
      this.#positions = this.#rowMemory.array;
    }
    let position = (this.#positions[row] as number) - 1;
    if (position < 0) {
      position = this.#size++;
      if (this.#size * ENTRY > this.#entries.length) {
        this.#memory.reserve(this.#size * ENTRY);
        this.#entries = this.#memory.array;
      }
    }
    this.#settle(row, time, position);
  }

  /** Removes the pending time of a row that has one. */
  remove(row: number): void {
    const position = (this.#positions[row] as number) - 1;
    this.#positions[row] = 0;
    const last = --this.#size;
    if (position === last) return;
    const at = last * ENTRY;
    this.#settle(this.#entries[at + 1] as number, this.#entries[at] as number, position);
  }

  /** Puts a row where it belongs, beginning at a position that is free. */
  #settle(row: number, time: number, free: number): void {
    const entries = this.#entries;
    let position = free;
    while (position > 0) {
      const parent = (position - 1) >>> ARITY_BITS;
      if (!this.#isBefore(time, row, parent)) break;
      this.#place(entries[parent * ENTRY + 1] as number, entries[parent * ENTRY] as number, position);
      position = parent;
    }
    if (position === free) position = this.#sink(row, time, free);
    this.#place(row, time, position);
  }

  /** Moves up what belongs above the row; returns where that leaves room for it. */
  #sink(row: number, time: number, free: number): number {
    const entries = this.#entries;
    const size = this.#size;
    let position = free;
    for (;;) {
      let least = (position << ARITY_BITS) + 1;
      if (least >= size) return position;
      const end = Math.min(least + ARITY, size);
      for (let child = least + 1; child < end; child++) {
        if (this.#isBefore(entries[child * ENTRY] as number, entries[child * ENTRY + 1] as number, least))
          least = child;
      }
      if (this.#isBefore(time, row, least)) return position;
      this.#place(entries[least * ENTRY + 1] as number, entries[least * ENTRY] as number, position);
      position = least;
    }
  }

  /** True if a row with that time comes before the one at a position. */
  #isBefore(time: number, row: number, position: number): boolean {
    const at = position * ENTRY;
    const there = this.#entries[at] as number;
    return time === there ? this.#table.compareKeys(row, this.#entries[at + 1] as number) < 0 : time < there;
  }

  #place(row: number, time: number, position: number): void {
    const at = position * ENTRY;
    if (this.#frozen !== null) this.#frozen.beforeWrite(this.#entries, at, ENTRY);
    this.#entries[at] = time;
    this.#entries[at + 1] = row;
    this.#positions[row] = position + 1;
  }
}
