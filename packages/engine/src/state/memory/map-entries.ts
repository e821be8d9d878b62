/** Words of an entry. */
const NEXT = 0;
const PREVIOUS = 1;
const ROW = 2;
const HASH = 3;
const KEY = 4;
const VALUE = 5;
const ENTRY_WORDS = 6;

/** Words of a row. */
const FIRST = 0;
const LAST = 1;
const COUNT = 2;
const ROW_WORDS = 3;

/** Rows and entries as they are at one moment. */
export interface MapEntriesCopy {
  readonly rows: Int32Array;
  readonly entries: Int32Array;
}

/**
 * Entries of all rows of a map state, in typed arrays: per row a list that is linked both ways, in order of insertion, and one index by row
 * and hash of key over all. An entry is a positive number, 0 is none. One that is taken out keeps its links, so that it can go back to
 * its place as long as everything since is undone first.
 */
export class MapEntries {
  #entries = new Int32Array(ENTRY_WORDS * 32);
  #end = 1;
  /** First of the free entries, linked by NEXT. */
  #free = 0;
  #rows = new Int32Array(ROW_WORDS * 32);
  /** Entries by hash; 0 is free. */
  #index = new Int32Array(16);
  /** Entries that are in a list. */
  size = 0;

  /** An entry of the row whose key has the hash, or the next such one after `after`; 0 if there is none. */
  candidate(row: number, hash: number, after: number): number {
    const index = this.#index;
    const mask = index.length - 1;
    let place = after === 0 ? homeOf(row, hash) & mask : (this.#placeOf(after) + 1) & mask;
    for (; ; place = (place + 1) & mask) {
      const entry = index[place] as number;
      if (entry === 0) return 0;
      const at = entry * ENTRY_WORDS;
      if (this.#entries[at + HASH] === hash && this.#entries[at + ROW] === row) return entry;
    }
  }

  /** Makes the last entry of a row. */
  append(row: number, hash: number, key: number, value: number): number {
    const entry = this.#take();
    this.#reserveRow(row);
    const at = entry * ENTRY_WORDS;
    const entries = this.#entries;
    entries[at + NEXT] = 0;
    entries[at + PREVIOUS] = this.#rows[row * ROW_WORDS + LAST] as number;
    entries[at + ROW] = row;
    entries[at + HASH] = hash;
    entries[at + KEY] = key;
    entries[at + VALUE] = value;
    this.putBack(entry);
    return entry;
  }

  /** Puts an entry between those that its links name. */
  putBack(entry: number): void {
    const entries = this.#entries;
    const at = entry * ENTRY_WORDS;
    const next = entries[at + NEXT] as number;
    const previous = entries[at + PREVIOUS] as number;
    const row = (entries[at + ROW] as number) * ROW_WORDS;
    if (previous === 0) this.#rows[row + FIRST] = entry;
    else entries[previous * ENTRY_WORDS + NEXT] = entry;
    if (next === 0) this.#rows[row + LAST] = entry;
    else entries[next * ENTRY_WORDS + PREVIOUS] = entry;
    this.#rows[row + COUNT] = (this.#rows[row + COUNT] as number) + 1;
    this.size++;
    if (this.size * 2 > this.#index.length) this.#growIndex();
    this.#enter(entry);
  }

  /** Takes an entry out of its row; it stays what it is until it is freed. */
  takeOut(entry: number): void {
    this.#removeFromIndex(entry);
    const entries = this.#entries;
    const at = entry * ENTRY_WORDS;
    const next = entries[at + NEXT] as number;
    const previous = entries[at + PREVIOUS] as number;
    const row = (entries[at + ROW] as number) * ROW_WORDS;
    if (previous === 0) this.#rows[row + FIRST] = next;
    else entries[previous * ENTRY_WORDS + NEXT] = next;
    if (next === 0) this.#rows[row + LAST] = previous;
    else entries[next * ENTRY_WORDS + PREVIOUS] = previous;
    this.#rows[row + COUNT] = (this.#rows[row + COUNT] as number) - 1;
    this.size--;
  }

  /** Gives up an entry that was taken out. */
  free(entry: number): void {
    this.#entries[entry * ENTRY_WORDS + NEXT] = this.#free;
    this.#free = entry;
  }

  first(row: number): number {
    return this.#ofRow(row, FIRST);
  }

  last(row: number): number {
    return this.#ofRow(row, LAST);
  }

  count(row: number): number {
    return this.#ofRow(row, COUNT);
  }

  next(entry: number): number {
    return this.#entries[entry * ENTRY_WORDS + NEXT] as number;
  }

  row(entry: number): number {
    return this.#entries[entry * ENTRY_WORDS + ROW] as number;
  }

  key(entry: number): number {
    return this.#entries[entry * ENTRY_WORDS + KEY] as number;
  }

  value(entry: number): number {
    return this.#entries[entry * ENTRY_WORDS + VALUE] as number;
  }

  setValue(entry: number, value: number): void {
    this.#entries[entry * ENTRY_WORDS + VALUE] = value;
  }

  copy(): MapEntriesCopy {
    return { rows: this.#rows.slice(), entries: this.#entries.slice(0, this.#end * ENTRY_WORDS) };
  }

  #ofRow(row: number, word: number): number {
    const at = row * ROW_WORDS + word;
    return at < this.#rows.length ? (this.#rows[at] as number) : 0;
  }

  #take(): number {
    const reused = this.#free;
    if (reused !== 0) {
      this.#free = this.next(reused);
      return reused;
    }
    if ((this.#end + 1) * ENTRY_WORDS > this.#entries.length) this.#entries = grown(this.#entries, 0);
    return this.#end++;
  }

  #reserveRow(row: number): void {
    if ((row + 1) * ROW_WORDS > this.#rows.length) this.#rows = grown(this.#rows, (row + 1) * ROW_WORDS);
  }

  #homeOf(entry: number): number {
    const at = entry * ENTRY_WORDS;
    return homeOf(this.#entries[at + ROW] as number, this.#entries[at + HASH] as number);
  }

  #placeOf(entry: number): number {
    const mask = this.#index.length - 1;
    let place = this.#homeOf(entry) & mask;
    while (this.#index[place] !== entry) place = (place + 1) & mask;
    return place;
  }

  #enter(entry: number): void {
    const mask = this.#index.length - 1;
    let place = this.#homeOf(entry) & mask;
    while (this.#index[place] !== 0) place = (place + 1) & mask;
    this.#index[place] = entry;
  }

  #growIndex(): void {
    const before = this.#index;
    this.#index = new Int32Array(before.length * 2);
    for (const entry of before) if (entry !== 0) this.#enter(entry);
  }

  /** Later entries of the same probe run close the gap. */
  #removeFromIndex(entry: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let hole = this.#placeOf(entry);
    for (let next = (hole + 1) & mask; index[next] !== 0; next = (next + 1) & mask) {
      const home = this.#homeOf(index[next] as number) & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        index[hole] = index[next] as number;
        hole = next;
      }
    }
    index[hole] = 0;
  }
}

/** Calls `visit` with the key and the value of each entry of a row of a copy, in order. */
export function visitCopy(
  { rows, entries }: MapEntriesCopy,
  row: number,
  visit: (key: number, value: number) => void,
): void {
  let entry = rows[row * ROW_WORDS + FIRST] as number;
  while (entry !== 0) {
    const at = entry * ENTRY_WORDS;
    visit(entries[at + KEY] as number, entries[at + VALUE] as number);
    entry = entries[at + NEXT] as number;
  }
}

/** Entries of a row of a copy. */
export function countInCopy({ rows }: MapEntriesCopy, row: number): number {
  return rows[row * ROW_WORDS + COUNT] as number;
}

/** Rows that a copy has room for. */
export function rowsOfCopy({ rows }: MapEntriesCopy): number {
  return rows.length / ROW_WORDS;
}

function homeOf(row: number, hash: number): number {
  const mixed = Math.imul(hash ^ Math.imul(row, 0x85eb_ca6b), 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}

function grown(words: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(Math.max(words.length * 2, needed));
  wider.set(words);
  return wider;
}
