import { GrowingArray } from "./growing-array.ts";

const PAGE_BITS = 12;
const PAGE_ROWS = 2 ** PAGE_BITS;

/** A mark per row, in a memory that grows where it is; no more is copied for a reading of them than is written meanwhile. */
export class RowMarks {
  /** 1 where a row is marked; replaced when it grows. */
  bytes: Uint8Array = new Uint8Array(0);
  readonly #memory = new GrowingArray(Uint8Array);
  /** While they are read: pages as they were, before their first change. */
  #copies: (Uint8Array | undefined)[] | null = null;
  #frozenEnd = 0;

  /** Every marked row is below it. */
  get end(): number {
    return this.bytes.length;
  }

  has(row: number): boolean {
    return row < this.bytes.length && this.bytes[row] === 1;
  }

  mark(row: number): void {
    if (row >= this.bytes.length) this.#grow(row + 1);
    if (this.#copies !== null) this.#keep(row);
    this.bytes[row] = 1;
  }

  unmark(row: number): void {
    if (this.#copies !== null) this.#keep(row);
    this.bytes[row] = 0;
  }

  /** Until `thaw`, `wasMarked` tells how it is now. */
  freeze(): void {
    this.#copies = [];
    this.#frozenEnd = this.bytes.length;
  }

  /** Of a row below the `end` of then. */
  wasMarked(row: number): boolean {
    const copy = this.#copies?.[row >>> PAGE_BITS];
    return copy === undefined ? this.bytes[row] === 1 : copy[row & (PAGE_ROWS - 1)] === 1;
  }

  thaw(): void {
    this.#copies = null;
  }

  #keep(row: number): void {
    const page = row >>> PAGE_BITS;
    if (row >= this.#frozenEnd || this.#copies === null || this.#copies[page] !== undefined) return;
    this.#copies[page] = this.bytes.slice(page << PAGE_BITS, (page + 1) << PAGE_BITS);
  }

  #grow(rows: number): void {
    // Whole pages: `end` is the first of a page.
    const end = Math.ceil(rows / PAGE_ROWS) * PAGE_ROWS;
    this.#memory.reserve(end);
    this.bytes = this.#memory.array.subarray(0, end);
  }
}
