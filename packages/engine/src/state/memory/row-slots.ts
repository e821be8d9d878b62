/** Where nothing is among the pairs. */
const FREE = -1;
const PAIRS_MIN = 8;
/** Pairs of a part at most: a part that is full beyond this is split, never copied into a larger one. */
const PAIRS_MAX = 4_096;
/** Top bits of a mixed row that choose its part, at most: the rows of a task are fewer. */
const DEPTH_MAX = 20;

/** Some of the rows: open addressing over pairs of row and slot, for those whose mixed bits begin with the part's own `depth` ones. */
interface Part {
  pairs: Int32Array;
  size: number;
  readonly depth: number;
}

/**
 * Slot numbers by row: linear probing and backward-shift deletion in parts that are split when they are full, so that no call moves more
 * than a part however many rows there are. Sixteen rows in a row are side by side, since rows that were made together are used together.
 */
export class RowSlots {
  /** By the top #depth bits of a mixed row; a part of fewer bits stands there several times. */
  #parts: Part[] = [{ pairs: freePairs(PAIRS_MIN), size: 0, depth: 0 }];
  #depth = 0;
  /** Most pairs that one call has moved so far. */
  movedMax = 0;

  /** Slot of a row, -1 if it is not here. */
  find(row: number): number {
    return findPair(this.#partOf(row).pairs, row);
  }

  /** Adds a row that is not here. */
  add(row: number, slot: number): void {
    let part = this.#partOf(row);
    let moved = 0;
    while (isFull(part)) {
      if (part.pairs.length < PAIRS_MAX * 2 || part.depth === DEPTH_MAX) grow(part);
      else this.#split(part, row);
      moved += part.size;
      part = this.#partOf(row);
    }
    if (moved > this.movedMax) this.movedMax = moved;
    enterPair(part.pairs, row, slot);
    part.size++;
  }

  /** Gives a row that is here another slot. */
  move(row: number, slot: number): void {
    const { pairs } = this.#partOf(row);
    pairs[placeOf(pairs, row) * 2 + 1] = slot;
  }

  /** Removes a row that is here. */
  remove(row: number): void {
    const part = this.#partOf(row);
    removePair(part.pairs, row);
    part.size--;
  }

  #partOf(row: number): Part {
    return this.#parts[prefixOf(row, this.#depth)] as Part;
  }

  /** Divides a part by one more bit. */
  #split(part: Part, row: number): void {
    if (part.depth === this.#depth) {
      this.#parts = this.#parts.flatMap((known) => [known, known]);
      this.#depth++;
    }
    const depth = part.depth + 1;
    const halves: readonly [Part, Part] = [
      { pairs: freePairs(PAIRS_MAX), size: 0, depth },
      { pairs: freePairs(PAIRS_MAX), size: 0, depth },
    ];
    const { pairs } = part;
    for (let i = 0; i < pairs.length; i += 2) {
      const there = pairs[i] as number;
      if (there === FREE) continue;
      const half = halves[(prefixOf(there, depth) & 1) as 0 | 1];
      enterPair(half.pairs, there, pairs[i + 1] as number);
      half.size++;
    }
    const shared = this.#depth - depth;
    const first = (prefixOf(row, part.depth) << (shared + 1)) >>> 0;
    this.#parts.fill(halves[0], first, first + 2 ** shared);
    this.#parts.fill(halves[1], first + 2 ** shared, first + 2 ** (shared + 1));
  }
}

function isFull({ pairs, size }: Part): boolean {
  return (size + 1) * 5 > (pairs.length >>> 1) * 3;
}

function grow(part: Part): void {
  const { pairs } = part;
  part.pairs = freePairs(pairs.length);
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] !== FREE) enterPair(part.pairs, pairs[i] as number, pairs[i + 1] as number);
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

function mixed(row: number): number {
  const product = Math.imul(row >>> 4, 0x9e37_79b1);
  return product ^ (product >>> 15);
}

function homeOf(row: number): number {
  return (mixed(row) << 4) | (row & 15);
}

/** The top `bits` bits, up to DEPTH_MAX, of a mixed row. */
function prefixOf(row: number, bits: number): number {
  return bits === 0 ? 0 : mixed(row) >>> (32 - bits);
}
