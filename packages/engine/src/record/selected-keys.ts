import type { IntegerPairs, KeyColumn } from "./key-column.ts";
import { selectKeys } from "./row-copy.ts";

/** The keys of rows of a key column, in that order, copied when one of them is first read: many readers of a batch need none. Keeps `rows`. */
export function selectedKeys(keys: KeyColumn, rows: Int32Array): KeyColumn {
  return new SelectedKeys(keys, rows);
}

class SelectedKeys implements KeyColumn {
  readonly #source: KeyColumn;
  readonly #rows: Int32Array;
  #made: KeyColumn | null = null;

  constructor(source: KeyColumn, rows: Int32Array) {
    this.#source = source;
    this.#rows = rows;
  }

  get integers(): Float64Array | null {
    return this.#keys.integers;
  }

  get pairs(): IntegerPairs | null {
    return this.#keys.pairs;
  }

  get bytes(): Uint8Array {
    return this.#keys.bytes;
  }

  get offsets(): Int32Array {
    return this.#keys.offsets;
  }

  get lengths(): Int32Array {
    return this.#keys.lengths;
  }

  get hashes(): Uint32Array {
    return this.#keys.hashes;
  }

  get #keys(): KeyColumn {
    return (this.#made ??= selectKeys(this.#source, this.#rows));
  }
}
