import { INTEGER_TAG, TUPLE_TAG } from "./key-bytes.ts";
import type { KeyColumn } from "./key-column.ts";
import { INTEGER_KEY_BYTES } from "./key-hash.ts";

/** The numbers at each place of the first `length` keys where all of them are tuples of as many safe integers; null where they are not. */
export function tupleParts(keys: KeyColumn, length: number): Float64Array[] | null {
  if (length === 0 || keys.integers !== null) return null;
  if (keys.pairs !== null) return [keys.pairs.first, keys.pairs.second];
  const { bytes, offsets, lengths } = keys;
  const size = lengths[0] as number;
  const count = (size - 1) / INTEGER_KEY_BYTES;
  if (count < 1 || !Number.isInteger(count)) return null;
  for (let row = 0; row < length; row++)
    if (lengths[row] !== size || bytes[offsets[row] as number] !== TUPLE_TAG) return null;
  const parts: Float64Array[] = [];
  for (let part = 0; part < count; part++) {
    const integers = integersAt(keys, length, 1 + part * INTEGER_KEY_BYTES);
    if (integers === null) return null;
    parts.push(integers);
  }
  return parts;
}

/** The integer keys that begin `skip` bytes into each key; null if one does not. */
function integersAt({ bytes, offsets }: KeyColumn, length: number, skip: number): Float64Array | null {
  const integers = new Float64Array(length);
  for (let row = 0; row < length; row++) {
    const at = (offsets[row] as number) + skip;
    if (bytes[at] !== INTEGER_TAG) return null;
    const high = ((byte(bytes, at + 1) << 24) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 8)) ^ 0x8000_0000;
    const low = (byte(bytes, at + 5) << 24) | (byte(bytes, at + 6) << 16) | (byte(bytes, at + 7) << 8);
    integers[row] = (high | byte(bytes, at + 4)) * 0x1_0000_0000 + ((low | byte(bytes, at + 8)) >>> 0);
  }
  return integers;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}
