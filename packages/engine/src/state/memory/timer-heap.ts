import type { RowTable } from "./row-table.ts";

/**
 * Pending times of one timer: a binary heap of rows by (time, key bytes) that knows each row's position, so that a time is replaced or
 * removed in place. Nothing stale is ever in it: a row in the heap is live, and its key can be compared.
 */
export class TimerHeap {
  readonly #table: RowTable;
  /** Rows; the first #size of it. */
  #heap = new Int32Array(32);
  #size = 0;
  /** By row; valid where #positions has the row. */
  #times = new Float64Array(32);
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
    return this.#size === 0 ? -1 : (this.#heap[0] as number);
  }

  /** The rows with a pending time, in heap order, and times by row. */
  copy(): { readonly rows: Int32Array; readonly times: Float64Array } {
    return { rows: this.#heap.slice(0, this.#size), times: this.#times.slice() };
  }

  has(row: number): boolean {
    return row < this.#positions.length && this.#positions[row] !== 0;
  }

  /** Pending time of a row that has one. */
  time(row: number): number {
    return this.#times[row] as number;
  }

  set(row: number, time: number): void {
    this.#reserve(row);
    let position = (this.#positions[row] as number) - 1;
    this.#times[row] = time;
    if (position < 0) {
      position = this.#size++;
      if (position === this.#heap.length) this.#growHeap();
      this.#heap[position] = row;
      this.#positions[row] = position + 1;
    }
    this.#down(this.#up(position));
  }

  /** Removes the pending time of a row that has one. */
  remove(row: number): void {
    const position = (this.#positions[row] as number) - 1;
    const last = this.#heap[--this.#size] as number;
    this.#positions[row] = 0;
    if (last === row) return;
    this.#place(last, position);
    this.#down(this.#up(position));
  }

  #isBefore(rowA: number, rowB: number): boolean {
    const timeA = this.#times[rowA] as number;
    const timeB = this.#times[rowB] as number;
    if (timeA !== timeB) return timeA < timeB;
    return this.#table.compareKeys(rowA, rowB) < 0;
  }

  #place(row: number, position: number): void {
    this.#heap[position] = row;
    this.#positions[row] = position + 1;
  }

  /** Moves up as far as it belongs; returns where it ended. */
  #up(position: number): number {
    const row = this.#heap[position] as number;
    let at = position;
    while (at > 0) {
      const parentAt = (at - 1) >>> 1;
      const parent = this.#heap[parentAt] as number;
      if (!this.#isBefore(row, parent)) break;
      this.#place(parent, at);
      at = parentAt;
    }
    this.#place(row, at);
    return at;
  }

  #down(position: number): void {
    const row = this.#heap[position] as number;
    const size = this.#size;
    let at = position;
    for (;;) {
      let childAt = at * 2 + 1;
      if (childAt >= size) break;
      if (childAt + 1 < size && this.#isBefore(this.#heap[childAt + 1] as number, this.#heap[childAt] as number))
        childAt++;
      const child = this.#heap[childAt] as number;
      if (!this.#isBefore(child, row)) break;
      this.#place(child, at);
      at = childAt;
    }
    this.#place(row, at);
  }

  #growHeap(): void {
    const heap = new Int32Array(this.#heap.length * 2);
    heap.set(this.#heap);
    this.#heap = heap;
  }

  #reserve(row: number): void {
    if (row < this.#positions.length) return;
    const capacity = Math.max(row + 1, this.#positions.length * 2);
    const times = new Float64Array(capacity);
    times.set(this.#times);
    this.#times = times;
    const positions = new Int32Array(capacity);
    positions.set(this.#positions);
    this.#positions = positions;
  }
}
