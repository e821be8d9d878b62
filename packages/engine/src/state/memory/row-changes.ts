import { GoneKeys, type RowKeys } from "./gone-keys.ts";
import { GrowingArray } from "./growing-array.ts";

/** A list of gone keys may have this many, however few rows there are. */
const GONE_MIN = 4_096;

/**
 * Which rows may have changed since the last snapshot of a series, and the keys that were freed since. A byte a row, set without a look at what is
 * written: to find a key in order to read it counts as a change. A snapshot takes the marks by exchanging two arrays, so that the moment
 * itself costs nothing, however many rows there are.
 */
export class RowChanges {
  /** Rows that are marked. */
  count = 0;
  /** More keys were freed than are worth a list: the next snapshot has to be whole. */
  isLost = false;
  #memory = new GrowingArray(Uint8Array);
  /** The marks in it; 0 or 1. */
  #marks: Uint8Array = this.#memory.array;
  /** Marks that a snapshot took; 0 where it has read them. */
  #taken = new GrowingArray(Uint8Array);
  /** Rows whose keys the snapshots of the series hold, or a row of the same id before them did. */
  readonly #stored = new GrowingArray(Uint8Array);
  #gone = new GoneKeys();
  #goneMax = 0;

  /** Keys that were freed. */
  get goneKeys(): number {
    return this.#gone.count;
  }

  mark(row: number): void {
    if (row >= this.#marks.length) this.#grow(row);
    if (this.#marks[row] !== 0) return;
    this.#marks[row] = 1;
    this.count++;
  }

  /** {@link mark} for the first `length` of some rows. */
  markAll(rows: Int32Array, length: number): void {
    let marks = this.#marks;
    let count = 0;
    for (let i = 0; i < length; i++) {
      const row = rows[i] as number;
      // Never read beyond an array's end: V8 would take that to be usual.
      if (row >= marks.length) marks = this.#grow(row);
      if (marks[row] !== 0) continue;
      marks[row] = 1;
      count++;
    }
    this.count += count;
  }

  /** A row is about to be freed; its key is remembered where a snapshot holds it. */
  free(row: number, keys: RowKeys): void {
    if (row < this.#marks.length && this.#marks[row] !== 0) {
      this.#marks[row] = 0;
      this.count--;
    }
    const { array: stored } = this.#stored;
    if (row >= stored.length || stored[row] === 0) return;
    stored[row] = 0;
    if (this.isLost) return;
    this.#gone.add(row, keys);
    if (this.#gone.count <= this.#goneMax) return;
    this.isLost = true;
    this.#gone = new GoneKeys();
  }

  /** The snapshots of the series hold the row's key. */
  store(row: number): void {
    this.#stored.reserve(row + 1);
    this.#stored.array[row] = 1;
  }

  /** Begins anew, for a snapshot that is to be read: what has changed before it. `liveRows` bounds the list of gone keys. */
  take(liveRows: number): TakenChanges {
    const taken = this.#memory;
    this.#memory = this.#taken;
    this.#marks = this.#memory.array;
    this.#taken = taken;
    const gone = this.#gone;
    this.#gone = new GoneKeys();
    this.#goneMax = Math.max(GONE_MIN, liveRows >>> 1);
    const { count } = this;
    this.count = 0;
    this.isLost = false;
    return { count, marks: taken.array, gone };
  }

  #grow(row: number): Uint8Array {
    this.#memory.reserve(row + 1);
    this.#marks = this.#memory.array;
    return this.#marks;
  }
}

/** What changed before a snapshot; who reads a mark sets it to 0, and at the end none may be left. */
export interface TakenChanges {
  /** Rows that are marked. */
  readonly count: number;
  readonly marks: Uint8Array;
  readonly gone: GoneKeys;
}
