import type { KeyColumn } from "./key-column.ts";
import { INTEGER_KEY_BYTES, hashIntegers } from "./key-hash.ts";

/** First byte of a canonical integer key. Frozen: docs/rfcs/0001-keys.md. */
export const INTEGER_TAG = 0x20;

/** A key column of safe integers (no -0), one a row; takes the array over. */
export function integerKeys(integers: Float64Array): KeyColumn {
  return new IntegerKeys(integers);
}

/** Writes the canonical bytes of a safe integer: the tag, then two's complement, big-endian, with the sign bit flipped. */
export function writeIntegerKey(view: DataView, position: number, value: number): void {
  view.setUint8(position, INTEGER_TAG);
  view.setInt32(position + 1, Math.floor(value / 0x1_0000_0000) ^ 0x8000_0000);
  view.setUint32(position + 5, value >>> 0);
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
    return (this.#hashes ??= hashIntegers(this.integers));
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
