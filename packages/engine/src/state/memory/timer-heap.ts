import { FrozenWords } from "./frozen-words.ts";
import { GrowingArray } from "./growing-array.ts";
import type { RowTable } from "./row-table.ts";

/** Children of a place: half the levels of a binary heap, and a place's children are side by side in memory. */
const ARITY_BITS = 2;
const ARITY = 2 ** ARITY_BITS;

/** A heap as it was when it was frozen. */
export interface FrozenHeap {
  readonly size: number;
  time(position: number): number;
  row(position: number): number;
}

/**
 * Pending times of one timer: a heap of rows by (time, key bytes) that knows each row's position, so that a time is replaced or
 * removed in place. Nothing stale is ever in it: a row in the heap is live, and its key can be compared. Three arrays that grow where they are.
 */
export class TimerHeap {
  readonly #table: RowTable;
  /** Row and time of each position; the first #size of them. */
  readonly #rowMemory = new GrowingArray(Int32Array);
  #rows: Int32Array = this.#rowMemory.array;
  readonly #timeMemory = new GrowingArray(Float64Array);
  #times: Float64Array = this.#timeMemory.array;
  #size = 0;
  /** Position in the heap + 1 by row; 0 is none. */
  readonly #positionMemory = new GrowingArray(Int32Array);
  #positions: Int32Array = this.#positionMemory.array;
  #frozen: { readonly rows: FrozenWords<Int32Array>; readonly times: FrozenWords } | null = null;

  constructor(table: RowTable) {
    this.#table = table;
  }

  get size(): number {
    return this.#size;
  }

  /** Row of the first pending time, -1 if there is none. */
  get first(): number {
    return this.#size === 0 ? -1 : (this.#rows[0] as number);
  }

  /** Until `thaw`: rows and times as they are now, in heap order. No more is copied than is changed meanwhile. */
  freeze(): FrozenHeap {
    const size = this.#size;
    const rows = new FrozenWords<Int32Array>(size);
    const times = new FrozenWords(size);
    const row = new Int32Array(1);
    const time = new Float64Array(1);
    this.#frozen = { rows, times };
    return {
      size,
      row: (position) => {
        rows.read(this.#rows, position, 1, row);
        return row[0] as number;
      },
      time: (position) => {
        times.read(this.#times, position, 1, time);
        return time[0] as number;
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
    return this.#times[(this.#positions[row] as number) - 1] as number;
  }

  set(row: number, time: number): void {
    if (row >= this.#positions.length) {
      this.#positionMemory.reserve(row + 1);
      this.#positions = this.#positionMemory.array;
    }
    let position = (this.#positions[row] as number) - 1;
    if (position < 0) {
      position = this.#size++;
      if (this.#size > Math.min(this.#rows.length, this.#times.length)) this.#grow();
    }
    this.#settle(row, time, position);
  }

  /** Removes the pending time of a row that has one. */
  remove(row: number): void {
    const position = (this.#positions[row] as number) - 1;
    this.#positions[row] = 0;
    const last = --this.#size;
    if (position !== last) this.#settle(this.#rows[last] as number, this.#times[last] as number, position);
  }

  /** Puts a row where it belongs, beginning at a position that is free. */
  #settle(row: number, time: number, free: number): void {
    const rows = this.#rows;
    const times = this.#times;
    let at = free;
    while (at > 0) {
      const parent = (at - 1) >>> ARITY_BITS;
      if (!this.#isBefore(time, row, times[parent] as number, rows[parent] as number)) break;
      this.#place(rows[parent] as number, times[parent] as number, at);
      at = parent;
    }
    if (at === free) at = this.#sink(row, time, free);
    this.#place(row, time, at);
  }

  /** Moves up what belongs above the row; returns where that leaves room for it. */
  #sink(row: number, time: number, free: number): number {
    const rows = this.#rows;
    const times = this.#times;
    const size = this.#size;
    let at = free;
    for (;;) {
      let least = (at << ARITY_BITS) + 1;
      if (least >= size) return at;
      const end = Math.min(least + ARITY, size);
      for (let child = least + 1; child < end; child++) {
        const timeOfLeast = times[least] as number;
        if (this.#isBefore(times[child] as number, rows[child] as number, timeOfLeast, rows[least] as number))
          least = child;
      }
      if (!this.#isBefore(times[least] as number, rows[least] as number, time, row)) return at;
      this.#place(rows[least] as number, times[least] as number, at);
      at = least;
    }
  }

  #isBefore(timeA: number, rowA: number, timeB: number, rowB: number): boolean {
    return timeA === timeB ? this.#table.compareKeys(rowA, rowB) < 0 : timeA < timeB;
  }

  #place(row: number, time: number, position: number): void {
    if (this.#frozen !== null) {
      this.#frozen.rows.beforeWrite(this.#rows, position, 1);
      this.#frozen.times.beforeWrite(this.#times, position, 1);
    }
    this.#rows[position] = row;
    this.#times[position] = time;
    this.#positions[row] = position + 1;
  }

  #grow(): void {
    this.#rowMemory.reserve(this.#size);
    this.#rows = this.#rowMemory.array;
    this.#timeMemory.reserve(this.#size);
    this.#times = this.#timeMemory.array;
  }
}
