/** Where nothing is among the pairs. */
const FREE = -1;
const INDEX_PAIRS_MIN = 8;
/** Rows per slot up to which a word for each row costs no more than pairs. */
const DIRECT_ROWS_PER_SLOT = 4;

const NONE = new Int32Array(0);

/**
 * Slot numbers by row, for one pane. Where most rows of the task are in it, a word per row. Else open addressing over pairs of row and
 * slot in one array, with linear probing and backward-shift deletion; sixteen rows in a row are side by side, since rows that were made
 * together are used together.
 */
export class RowSlots {
  /** Slot + 1 by row, 0 is none; empty while there are pairs. */
  #direct: Int32Array = NONE;
  /** Row and slot, row and slot, …; empty while it is direct. */
  #pairs: Int32Array = freePairs(INDEX_PAIRS_MIN);
  #size = 0;
  /** Largest row ever added. */
  #rowMax = -1;

  /** Slot of a row, -1 if it is not here. */
  find(row: number): number {
    if (row < this.#direct.length) return (this.#direct[row] as number) - 1;
    return this.#pairs.length === 0 ? -1 : findPair(this.#pairs, row);
  }

  /** Adds a row that is not here. */
  add(row: number, slot: number): void {
    this.#size++;
    if (row > this.#rowMax) this.#rowMax = row;
    if (row < this.#direct.length) {
      this.#direct[row] = slot + 1;
      return;
    }
    if (this.#pairs.length === 0) this.#widen();
    else if (this.#size * 5 > (this.#pairs.length >>> 1) * 3) this.#grow();
    this.#enter(row, slot);
  }

  /** Gives a row that is here another slot. */
  move(row: number, slot: number): void {
    if (row < this.#direct.length) this.#direct[row] = slot + 1;
    else this.#pairs[placeOf(this.#pairs, row) * 2 + 1] = slot;
  }

  /** Removes a row that is here. */
  remove(row: number): void {
    this.#size--;
    if (row < this.#direct.length) this.#direct[row] = 0;
    else removePair(this.#pairs, row);
  }

  #enter(row: number, slot: number): void {
    if (this.#pairs.length === 0) this.#direct[row] = slot + 1;
    else enterPair(this.#pairs, row, slot);
  }

  /** The pairs are full. */
  #grow(): void {
    const pairs = this.#pairs;
    if (this.#rowMax < this.#size * DIRECT_ROWS_PER_SLOT) {
      this.#pairs = NONE;
      this.#direct = new Int32Array(this.#directLength());
    } else {
      this.#pairs = freePairs(pairs.length);
    }
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i] !== FREE) this.#enter(pairs[i] as number, pairs[i + 1] as number);
    }
  }

  /** A row is beyond what is direct. */
  #widen(): void {
    const direct = this.#direct;
    if (this.#rowMax < this.#size * DIRECT_ROWS_PER_SLOT) {
      this.#direct = new Int32Array(this.#directLength());
      this.#direct.set(direct);
      return;
    }
    this.#direct = NONE;
    this.#pairs = freePairs(2 ** (32 - Math.clz32(this.#size * 2)));
    for (let row = 0; row < direct.length; row++) {
      if (direct[row] !== 0) enterPair(this.#pairs, row, (direct[row] as number) - 1);
    }
  }

  #directLength(): number {
    return Math.max(this.#rowMax + 1, this.#direct.length) * 2;
  }
}

function findPair(pairs: Int32Array, row: number): number {
  const mask = (pairs.length >>> 1) - 1;
  for (let place = homeOf(row) & mask; ; place = (place + 1) & mask) {
    const there = pairs[place * 2] as number;
    if (there === row) return pairs[place * 2 + 1] as number;
    if (there === FREE) return -1;
  }
}

/** Place of a row that is there. */
function placeOf(pairs: Int32Array, row: number): number {
  const mask = (pairs.length >>> 1) - 1;
  let place = homeOf(row) & mask;
  while (pairs[place * 2] !== row) place = (place + 1) & mask;
  return place;
}

function enterPair(pairs: Int32Array, row: number, slot: number): void {
  const mask = (pairs.length >>> 1) - 1;
  let place = homeOf(row) & mask;
  while (pairs[place * 2] !== FREE) place = (place + 1) & mask;
  pairs[place * 2] = row;
  pairs[place * 2 + 1] = slot;
}

/** Later pairs of the same probe run close the gap. */
function removePair(pairs: Int32Array, row: number): void {
  const mask = (pairs.length >>> 1) - 1;
  let hole = placeOf(pairs, row);
  for (let next = (hole + 1) & mask; pairs[next * 2] !== FREE; next = (next + 1) & mask) {
    const home = homeOf(pairs[next * 2] as number) & mask;
    if (((next - home) & mask) >= ((next - hole) & mask)) {
      pairs[hole * 2] = pairs[next * 2] as number;
      pairs[hole * 2 + 1] = pairs[next * 2 + 1] as number;
      hole = next;
    }
  }
  pairs[hole * 2] = FREE;
}

/** As many pairs as there are numbers given, all free. */
function freePairs(numbers: number): Int32Array {
  return new Int32Array(numbers * 2).fill(FREE);
}

function homeOf(row: number): number {
  const mixed = Math.imul(row >>> 4, 0x9e37_79b1);
  return ((mixed ^ (mixed >>> 15)) << 4) | (row & 15);
}
