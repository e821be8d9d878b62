import { writeIntegerKey } from "./key-bytes.ts";
import type { KeyColumn } from "./key-column.ts";
import { INTEGER_KEY_BYTES } from "./key-hash.ts";
import { integerHashes } from "./key-kernels.ts";

/** A key column of safe integers (no -0), one a row; takes the array over. */
export function integerKeys(integers: Float64Array): KeyColumn {
  return new IntegerKeys(integers);
}

class IntegerKeys implements KeyColumn {
  readonly integers: Float64Array;
  readonly pairs = null;
  #hashes: Uint32Array | null = null;
  #bytes: Uint8Array | null = null;
  #offsets: Int32Array | null = null;
  #lengths: Int32Array | null = null;

  constructor(integers: Float64Array) {
    this.integers = integers;
  }

  get hashes(): Uint32Array {
    return (this.#hashes ??= integerHashes(this.integers));
  }

  get bytes(): Uint8Array {
    return (this.#bytes ??= bytesOf(this.integers));
  }

  get offsets(): Int32Array {
    return (this.#offsets ??= evenOffsets(this.integers.length));
  }

  get lengths(): Int32Array {
    return (this.#lengths ??= new Int32Array(this.integers.length).fill(INTEGER_KEY_BYTES));
  }
}

function evenOffsets(rows: number): Int32Array {
  const offsets = new Int32Array(rows);
  for (let row = 0; row < rows; row++) offsets[row] = row * INTEGER_KEY_BYTES;
  return offsets;
}

function bytesOf(integers: Float64Array): Uint8Array {
  const bytes = new Uint8Array(integers.length * INTEGER_KEY_BYTES);
  const view = new DataView(bytes.buffer);
  for (let row = 0; row < integers.length; row++)
    writeIntegerKey(view, row * INTEGER_KEY_BYTES, integers[row] as number);
  return bytes;
}
