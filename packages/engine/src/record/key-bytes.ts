import { INTEGER_KEY_BYTES } from "./key-hash.ts";

/** First byte of a canonical integer key. Frozen: docs/rfcs/0001-keys.md. */
export const INTEGER_TAG = 0x20;
/** First byte of a canonical tuple; its parts follow. */
export const TUPLE_TAG = 0x60;

/** First byte of each part, and of a tuple. Frozen: docs/rfcs/0001-keys.md. */
export const KEY_TAGS: Readonly<
  Record<"false" | "true" | "integer" | "float" | "bigintNegative" | "bigint" | "string" | "tuple", number>
> = {
  false: 0x10,
  true: 0x11,
  integer: INTEGER_TAG,
  float: 0x30,
  bigintNegative: 0x40,
  bigint: 0x41,
  string: 0x50,
  tuple: TUPLE_TAG,
};

/** Writes the canonical bytes of a safe integer: the tag, then two's complement, big-endian, with the sign bit flipped. */
export function writeIntegerKey(view: DataView, position: number, value: number): void {
  view.setUint8(position, INTEGER_TAG);
  view.setInt32(position + 1, Math.floor(value / 0x1_0000_0000) ^ 0x8000_0000);
  view.setUint32(position + 5, value >>> 0);
}

/** Writes the canonical bytes of a tuple of two safe integers. */
export function writePairKey(view: DataView, position: number, first: number, second: number): void {
  view.setUint8(position, TUPLE_TAG);
  writeIntegerKey(view, position + 1, first);
  writeIntegerKey(view, position + 1 + INTEGER_KEY_BYTES, second);
}

/** Writes what {@link writeIntegerKey} does, of an integer in two words: `high` is its floor over 2^32. */
export function writeIntegerWords(bytes: Uint8Array, at: number, high: number, low: number): void {
  bytes[at] = INTEGER_TAG;
  writeWord(bytes, at + 1, high ^ 0x8000_0000);
  writeWord(bytes, at + 5, low);
}

/** Writes 32 bits, big-endian. */
export function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}
