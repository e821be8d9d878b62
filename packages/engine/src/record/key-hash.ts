import type { IntegerPairs } from "./key-column.ts";

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/** MurmurHash3 x86 32-bit with seed 0 over `length` bytes from `offset`, unsigned. Frozen: docs/rfcs/0001-keys.md. */
export function hashKey(bytes: Uint8Array, offset: number, length: number): number {
  const blocksEnd = offset + (length & ~3);
  let hash = 0;
  for (let i = offset; i < blocksEnd; i += 4) {
    const block =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    hash ^= mixed(block);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = (length & 3) - 1; i >= 0; i--) tail = (tail << 8) | (bytes[blocksEnd + i] as number);
  if ((length & 3) !== 0) hash ^= mixed(tail);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixed(block: number): number {
  const k = Math.imul(block, C1);
  return Math.imul((k << 15) | (k >>> 17), C2);
}

/** Bytes of a canonical key that is an integer. */
export const INTEGER_KEY_BYTES = 9;

/** hashKey of the canonical bytes of each safe integer, without making the bytes. */
export function hashIntegers(integers: Float64Array): Uint32Array {
  const hashes = new Uint32Array(integers.length);
  for (let row = 0; row < integers.length; row++) hashes[row] = hashInteger(integers[row] as number);
  return hashes;
}

/** hashKey of the canonical bytes of a safe integer: a tag, the high word with its sign flipped and the low word, both big-endian. */
export function hashInteger(value: number): number {
  const low = value | 0;
  const high = flippedHigh(value);
  // The blocks are little-endian: a tag and three bytes of the high word; its last and three of the low word; the last byte.
  let hash = mixed(0x20 | (swapped(high) << 8));
  hash = (hash << 13) | (hash >>> 19);
  hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  hash ^= mixed((high & 0xff) | (swapped(low) << 8));
  hash = (hash << 13) | (hash >>> 19);
  hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  hash ^= mixed(low & 0xff) ^ INTEGER_KEY_BYTES;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Bytes of a canonical key that is a tuple of two integers. */
export const PAIR_KEY_BYTES = 19;

/** hashKey of the canonical bytes of each tuple of two safe integers, without making the bytes. */
export function hashPairs({ first, second }: IntegerPairs): Uint32Array {
  const hashes = new Uint32Array(first.length);
  for (let row = 0; row < hashes.length; row++) hashes[row] = hashPair(first[row] as number, second[row] as number);
  return hashes;
}

/** hashKey of the canonical bytes of a tuple of two safe integers: the tuple's tag, then both as hashInteger has them. */
export function hashPair(first: number, second: number): number {
  const firstLow = swapped(first | 0);
  const firstHigh = swapped(flippedHigh(first));
  const secondLow = second | 0;
  const secondHigh = flippedHigh(second);
  let hash = mixed(0x2060 | (firstHigh << 16));
  hash = (hash << 13) | (hash >>> 19);
  hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  hash ^= mixed((firstHigh >>> 16) | (firstLow << 16));
  hash = (hash << 13) | (hash >>> 19);
  hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  hash ^= mixed((firstLow >>> 16) | 0x20_0000 | (secondHigh & 0xff00_0000));
  hash = (hash << 13) | (hash >>> 19);
  hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  hash ^= mixed((swapped(secondHigh) >>> 8) | (secondLow & 0xff00_0000));
  hash = (hash << 13) | (hash >>> 19);
  hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  hash ^= mixed(swapped(secondLow) >>> 8) ^ PAIR_KEY_BYTES;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** High word of a safe integer with its sign flipped. */
function flippedHigh(value: number): number {
  const low = value | 0;
  return low === value ? (low >> 31) ^ 0x8000_0000 : Math.floor(value / 0x1_0000_0000) ^ 0x8000_0000;
}

function swapped(word: number): number {
  return (word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff_0000) | (word << 24);
}
