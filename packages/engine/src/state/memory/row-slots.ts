/** Where nothing is in the index. */
const FREE = -1;
const INDEX_PAIRS_MIN = 8;

/**
 * Slot numbers by row, for one pane: open addressing over pairs of row and slot in one array, with linear probing and backward-shift
 * deletion. Sixteen rows in a row are side by side: rows that were made together are used together.
 */
export class RowSlots {
  #pairs: Int32Array = freePairs(INDEX_PAIRS_MIN);
  #size = 0;

  /** Slot of a row, -1 if it is not here. */
  find(row: number): number {
    const pairs = this.#pairs;
    const mask = (pairs.length >>> 1) - 1;
    for (let place = homeOf(row) & mask; ; place = (place + 1) & mask) {
      const there = pairs[place * 2] as number;
      if (there === row) return pairs[place * 2 + 1] as number;
      if (there === FREE) return -1;
    }
  }

  /** Adds a row that is not here. */
  add(row: number, slot: number): void {
    this.#size++;
    if (this.#size * 5 > (this.#pairs.length >>> 1) * 3) this.#grow();
    enter(this.#pairs, row, slot);
  }

  /** Gives a row that is here another slot. */
  move(row: number, slot: number): void {
    this.#pairs[this.#placeOf(row) * 2 + 1] = slot;
  }

  /** Removes a row that is here; later ones of the same probe run close the gap. */
  remove(row: number): void {
    const pairs = this.#pairs;
    const mask = (pairs.length >>> 1) - 1;
    let hole = this.#placeOf(row);
    this.#size--;
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

  #placeOf(row: number): number {
    const mask = (this.#pairs.length >>> 1) - 1;
    let place = homeOf(row) & mask;
    while (this.#pairs[place * 2] !== row) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const before = this.#pairs;
    this.#pairs = freePairs(before.length);
    for (let i = 0; i < before.length; i += 2) {
      if (before[i] !== FREE) enter(this.#pairs, before[i] as number, before[i + 1] as number);
    }
  }
}

function enter(pairs: Int32Array, row: number, slot: number): void {
  const mask = (pairs.length >>> 1) - 1;
  let place = homeOf(row) & mask;
  while (pairs[place * 2] !== FREE) place = (place + 1) & mask;
  pairs[place * 2] = row;
  pairs[place * 2 + 1] = slot;
}

function freePairs(pairs: number): Int32Array {
  return new Int32Array(pairs * 2).fill(FREE);
}

function homeOf(row: number): number {
  const mixed = Math.imul(row >>> 4, 0x9e37_79b1);
  return ((mixed ^ (mixed >>> 15)) << 4) | (row & 15);
}
