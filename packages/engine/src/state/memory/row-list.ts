const CHUNK = 4_096;

/** A stack of row ids that costs four bytes an id and never copies: chunks, of which one is kept when it is empty. */
export class RowList {
  #chunks: Int32Array[] = [new Int32Array(CHUNK)];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(row: number): void {
    const at = this.#length++;
    const chunk = at >>> 12;
    if (chunk === this.#chunks.length) this.#chunks.push(new Int32Array(CHUNK));
    (this.#chunks[chunk] as Int32Array)[at & (CHUNK - 1)] = row;
  }

  /** The row pushed last; there is one. */
  pop(): number {
    const at = --this.#length;
    const chunk = at >>> 12;
    const row = (this.#chunks[chunk] as Int32Array)[at & (CHUNK - 1)] as number;
    if (chunk + 2 < this.#chunks.length) this.#chunks.pop();
    return row;
  }
}
