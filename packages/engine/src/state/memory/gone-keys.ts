/** What a row's key is, for those rows that are freed. */
export interface RowKeys {
  keyLength(row: number): number;
  copyKey(row: number, to: Uint8Array, offset: number): void;
  hash(row: number): number;
}

/** Canonical bytes of keys whose rows were freed, with their hashes, one behind the other: no object per key. */
export class GoneKeys {
  count = 0;
  #bytes = new Uint8Array(0);
  /** Where each key ends. */
  #ends = new Float64Array(0);
  #hashes = new Uint32Array(0);

  add(row: number, keys: RowKeys): void {
    const at = this.#start(this.count);
    const end = at + keys.keyLength(row);
    if (this.count === this.#ends.length) {
      const size = Math.max(64, this.count * 2);
      this.#ends = copied(new Float64Array(size), this.#ends);
      this.#hashes = copied(new Uint32Array(size), this.#hashes);
    }
    if (end > this.#bytes.length) this.#bytes = copied(new Uint8Array(Math.max(1_024, end * 2)), this.#bytes);
    keys.copyKey(row, this.#bytes, at);
    this.#ends[this.count] = end;
    this.#hashes[this.count] = keys.hash(row);
    this.count++;
  }

  hash(index: number): number {
    return this.#hashes[index] as number;
  }

  /** Bytes of a key; not to be kept. */
  key(index: number): Uint8Array {
    return this.#bytes.subarray(this.#start(index), this.#ends[index]);
  }

  #start(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] as number);
  }
}

function copied<A extends Uint8Array | Float64Array | Uint32Array>(to: A, from: A): A {
  to.set(from);
  return to;
}
