const FREE = -1;

/** An open-addressing table from pairs of int32 to dense row numbers: what a hand-written loop keeps its keys in. */
export class IntTable {
  rows = 0;
  #mask: number;
  #slots: Int32Array;
  #first: Int32Array;
  #second: Int32Array;

  constructor(capacity = 1 << 12) {
    this.#mask = capacity - 1;
    this.#slots = new Int32Array(capacity).fill(FREE);
    this.#first = new Int32Array(capacity >> 1);
    this.#second = new Int32Array(capacity >> 1);
  }

  /** The row of a key; a new key gets the next number, which is `rows` before the call. */
  row(first: number, second: number): number {
    let slot = this.#slotOf(first, second);
    for (;;) {
      const row = this.#slots[slot] as number;
      if (row === FREE) break;
      if (this.#first[row] === first && this.#second[row] === second) return row;
      slot = (slot + 1) & this.#mask;
    }
    const row = this.rows++;
    this.#slots[slot] = row;
    this.#first[row] = first;
    this.#second[row] = second;
    if (this.rows === this.#first.length) this.#grow();
    return row;
  }

  first(row: number): number {
    return this.#first[row] as number;
  }

  #slotOf(first: number, second: number): number {
    const hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
    return (hash ^ (hash >>> 15)) & this.#mask;
  }

  #grow(): void {
    const capacity = (this.#mask + 1) * 2;
    this.#mask = capacity - 1;
    this.#slots = new Int32Array(capacity).fill(FREE);
    const first = new Int32Array(capacity >> 1);
    const second = new Int32Array(capacity >> 1);
    first.set(this.#first);
    second.set(this.#second);
    this.#first = first;
    this.#second = second;
    for (let row = 0; row < this.rows; row++) {
      let slot = this.#slotOf(first[row] as number, second[row] as number);
      while (this.#slots[slot] !== FREE) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = row;
    }
  }
}
