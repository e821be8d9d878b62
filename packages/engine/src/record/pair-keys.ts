import { writePairKey } from "./key-bytes.ts";
import type { IntegerPairs, KeyColumn } from "./key-column.ts";
import { PAIR_KEY_BYTES } from "./key-hash.ts";
import { pairHashes } from "./key-kernels.ts";

/** A key column of tuples of two safe integers, as {@link IntegerPairs} has them; takes the arrays over. */
export function pairKeys(pairs: IntegerPairs): KeyColumn {
  return new PairKeys(pairs);
}

class PairKeys implements KeyColumn {
  readonly integers = null;
  readonly pairs: IntegerPairs;
  #hashes: Uint32Array | null = null;
  #bytes: Uint8Array | null = null;
  #offsets: Int32Array | null = null;
  #lengths: Int32Array | null = null;

  constructor(pairs: IntegerPairs) {
    this.pairs = pairs;
  }

  get hashes(): Uint32Array {
    return (this.#hashes ??= pairHashes(this.pairs));
  }

  get bytes(): Uint8Array {
    return (this.#bytes ??= bytesOf(this.pairs));
  }

  get offsets(): Int32Array {
    return (this.#offsets ??= Int32Array.from({ length: this.pairs.first.length }, (_, row) => row * PAIR_KEY_BYTES));
  }

  get lengths(): Int32Array {
    return (this.#lengths ??= new Int32Array(this.pairs.first.length).fill(PAIR_KEY_BYTES));
  }
}

function bytesOf({ first, second }: IntegerPairs): Uint8Array {
  const bytes = new Uint8Array(first.length * PAIR_KEY_BYTES);
  const view = new DataView(bytes.buffer);
  for (let row = 0; row < first.length; row++)
    writePairKey(view, row * PAIR_KEY_BYTES, first[row] as number, second[row] as number);
  return bytes;
}
