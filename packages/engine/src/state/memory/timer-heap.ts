import type { RowTable } from "./row-table.ts";

/** Children of a place: half the levels of a binary heap, and a place's children are side by side in memory. */
const ARITY_BITS = 2;
const ARITY = 2 ** ARITY_BITS;

/**
 * Pending times of one timer: a heap of rows by (time, key bytes) that knows each row's position, so that a time is replaced or
 * removed in place. Nothing stale is ever in it: a row in the heap is live, and its key can be compared. Three typed arrays.
 */
export class TimerHeap {
  readonly #table: RowTable;
  /** Row and time of each position; the first #size of them. */
  #rows = new Int32Array(32);
  #times = new Float64Array(32);
  #size = 0;
  /** Position in the heap + 1 by row; 0 is none. */
  #positions = new Int32Array(32);

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

  /** The rows with a pending time and their times, in heap order. */
  copy(): { readonly rows: Int32Array; readonly times: Float64Array } {
    return { rows: this.#rows.slice(0, this.#size), times: this.#times.slice(0, this.#size) };
  }

  has(row: number): boolean {
    return row < this.#positions.length && this.#positions[row] !== 0;
  }

  /** Pending time of a row that has one. */
  time(row: number): number {
    return this.#times[(this.#positions[row] as number) - 1] as number;
  }

  set(row: number, time: number): void {
    this.#reserveRow(row);
    let position = (this.#positions[row] as number) - 1;
    if (position < 0) {
      position = this.#size++;
      if (position === this.#rows.length) this.#grow();
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
    this.#rows[position] = row;
    this.#times[position] = time;
    this.#positions[row] = position + 1;
  }

  #grow(): void {
    const rows = new Int32Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
  }

  #reserveRow(row: number): void {
    if (row < this.#positions.length) return;
    const positions = new Int32Array(Math.max(row + 1, this.#positions.length * 2));
    positions.set(this.#positions);
    this.#positions = positions;
  }
}
