/**
 * The accumulators of one pane: dense arrays of rows and kept values, and an open-addressing index from row to position. It costs
 * what it holds, not what the task has rows, and is freed as a whole.
 */
export class PaneTable {
  readonly rows: number[] = [];
  readonly kept: unknown[] = [];
  /** Position + 1 by hash of row; 0 is free. */
  #index = new Int32Array(8);

  get size(): number {
    return this.rows.length;
  }

  /** Position of a row, -1 if it is not here. */
  find(row: number): number {
    const mask = this.#index.length - 1;
    for (let slot = mix(row) & mask; ; slot = (slot + 1) & mask) {
      const position = (this.#index[slot] as number) - 1;
      if (position < 0 || this.rows[position] === row) return position;
    }
  }

  /** Adds a row that is not here. */
  add(row: number, kept: unknown): void {
    this.rows.push(row);
    this.kept.push(kept);
    if (this.rows.length * 2 > this.#index.length) this.#rebuild(this.#index.length * 2);
    else this.#enter(row, this.rows.length - 1);
  }

  /** Removes what is at `position`; the last one takes its place. */
  removeAt(position: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    const last = this.rows.length - 1;
    let hole = this.#slotOf(position);
    if (position !== last) {
      index[this.#slotOf(last)] = position + 1;
      this.rows[position] = this.rows[last] as number;
      this.kept[position] = this.kept[last];
    }
    this.rows.length = last;
    this.kept.length = last;
    // Close the gap, as in RowTable: no tombstones.
    index[hole] = 0;
    for (let next = (hole + 1) & mask; index[next] !== 0; next = (next + 1) & mask) {
      const home = mix(this.rows[(index[next] as number) - 1] as number) & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        index[hole] = index[next] as number;
        index[next] = 0;
        hole = next;
      }
    }
  }

  #slotOf(position: number): number {
    const mask = this.#index.length - 1;
    let slot = mix(this.rows[position] as number) & mask;
    while (this.#index[slot] !== position + 1) slot = (slot + 1) & mask;
    return slot;
  }

  #enter(row: number, position: number): void {
    const mask = this.#index.length - 1;
    let slot = mix(row) & mask;
    while (this.#index[slot] !== 0) slot = (slot + 1) & mask;
    this.#index[slot] = position + 1;
  }

  #rebuild(capacity: number): void {
    this.#index = new Int32Array(capacity);
    for (let position = 0; position < this.rows.length; position++)
      this.#enter(this.rows[position] as number, position);
  }
}

function mix(row: number): number {
  const mixed = Math.imul(row, 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}
