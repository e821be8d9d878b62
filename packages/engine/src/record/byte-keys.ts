import type { KeyColumn } from "./key-column.ts";

/** A key column that has nothing but the canonical bytes of its keys. */
export function byteKeys(keys: Pick<KeyColumn, "bytes" | "offsets" | "lengths" | "hashes">): KeyColumn {
  return new ByteKeys(keys);
}

class ByteKeys implements KeyColumn {
  readonly integers = null;
  readonly pairs = null;
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly hashes: Uint32Array;

  constructor({ bytes, offsets, lengths, hashes }: Pick<KeyColumn, "bytes" | "offsets" | "lengths" | "hashes">) {
    this.bytes = bytes;
    this.offsets = offsets;
    this.lengths = lengths;
    this.hashes = hashes;
  }
}
