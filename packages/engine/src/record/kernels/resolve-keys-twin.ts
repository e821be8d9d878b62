import { INTEGER_TAG, TUPLE_TAG, writePairKey } from "../key-bytes.ts";
import type { IntegerPairs, KeyColumn } from "../key-column.ts";
import { hashInteger, hashPair, INTEGER_KEY_BYTES, PAIR_KEY_BYTES } from "../key-hash.ts";
import type { KernelMemory } from "./kernel-memory.ts";
import {
  ARENA_AT,
  BYTES_INDEX,
  bytesTag,
  cellClassOf,
  CELLS_USED,
  cellsOf,
  FREE_CELLS,
  FREE_ROW,
  FREE_ROWS,
  INDEX_BASE,
  INDEX_COUNT,
  INDEX_MASK,
  INDEX_OLD_BASE,
  INDEX_OLD_MASK,
  INTEGER_INDEX,
  wordsSlot,
  wordsTag,
  mixWords,
  PAIR_INDEX,
  ROW_END,
  ROW_HASH,
  ROW_HIGH,
  ROW_LOW,
  ROW_MASK,
  ROW_STATE,
  rowAt,
  STATE_CANDIDATE,
  STATE_INTEGER,
  STATE_LIVE,
  STATE_PAIR,
  TAG_MASK,
} from "./row-layout.ts";

// Twin of kernels/assembly/resolve-keys.ts, over arrays: find and make rows. Room for what is made was
// reserved before: in the indexes, for rows, and in the arena.

/**
 * Which rows the first `length` integer keys have; new ones are listed in `made`, their number is returned. Without `made` none is made, and a
 * key without a row gets -1.
 */
export function resolveIntegers(
  words: Int32Array,
  integers: Float64Array,
  length: number,
  rows: Int32Array,
  made: Int32Array | null,
): number {
  let count = 0;
  for (let i = 0; i < length; i++) {
    const value = integers[i] as number;
    const low = value | 0;
    const high = highOf(value, low);
    let row = findInteger(words, low, high);
    if (row < 0 && made !== null) {
      row = makeInteger(words, low, high, hashInteger(value) | 0);
      made[count++] = row;
    }
    rows[i] = row;
  }
  return count;
}

/** The same for tuples of two safe integers. `memory` is the bytes of `words`. */
export function resolvePairs(
  words: Int32Array,
  memory: Uint8Array,
  { first, second }: IntegerPairs,
  length: number,
  rows: Int32Array,
  made: Int32Array | null,
): number {
  let count = 0;
  for (let i = 0; i < length; i++) {
    const a = first[i] as number;
    const b = second[i] as number;
    const isPair = (a | 0) === a && (b | 0) === b;
    let row = isPair ? findPair(words, a, b) : findWidePair(words, memory, a, b);
    if (row < 0 && made !== null) {
      row = isPair ? makePair(words, a, b, hashPair(a, b) | 0) : makeWidePair(words, memory, a, b);
      made[count++] = row;
    }
    rows[i] = row;
  }
  return count;
}

/** The same for canonical bytes, some of which may be integer keys or pairs. `memory` is the bytes of `words`. */
export function resolveBytes(
  words: Int32Array,
  memory: Uint8Array,
  keys: Pick<KeyColumn, "bytes" | "offsets" | "lengths" | "hashes">,
  length: number,
  rows: Int32Array,
  made: Int32Array | null,
): number {
  const { bytes, offsets, lengths, hashes } = keys;
  let count = 0;
  for (let i = 0; i < length; i++) {
    const offset = offsets[i] as number;
    const size = lengths[i] as number;
    const hash = (hashes[i] as number) | 0;
    let row = findKey(words, memory, bytes, offset, size, hash);
    if (row < 0 && made !== null) {
      row = makeKey(words, memory, bytes, offset, size, hash);
      made[count++] = row;
    }
    rows[i] = row;
  }
  return count;
}

/** The exports of kernels/assembly/resolve-keys.ts. */
export interface ResolveKeys {
  resolveIntegers(integers: number, length: number, rows: number, made: number): number;
  /** `scratch` is room for the 19 bytes of a canonical pair, and 5 more. */
  resolvePairs(first: number, second: number, length: number, rows: number, made: number, scratch: number): number;
  resolveBytes(
    bytes: number,
    offsets: number,
    lengths: number,
    hashes: number,
    length: number,
    rows: number,
    made: number,
  ): number;
}

/** Their twin, over the functions above. */
export function resolveKeysTwin(memory: KernelMemory): ResolveKeys {
  return {
    resolveIntegers(integers, length, rows, made) {
      const { int32, float64 } = memory.views();
      return resolveIntegers(
        int32,
        float64.subarray(integers / 8),
        length,
        int32.subarray(rows / 4),
        made === 0 ? null : int32.subarray(made / 4),
      );
    },
    resolvePairs(first, second, length, rows, made) {
      const { bytes, int32, float64 } = memory.views();
      const pairs = { first: float64.subarray(first / 8), second: float64.subarray(second / 8) };
      const makes = made === 0 ? null : int32.subarray(made / 4);
      return resolvePairs(int32, bytes, pairs, length, int32.subarray(rows / 4), makes);
    },
    resolveBytes(bytes, offsets, lengths, hashes, length, rows, made) {
      const views = memory.views();
      const { int32 } = views;
      const keys = {
        bytes: views.bytes.subarray(bytes),
        offsets: int32.subarray(offsets / 4),
        lengths: int32.subarray(lengths / 4),
        hashes: new Uint32Array(int32.buffer, hashes, length),
      };
      return resolveBytes(
        int32,
        views.bytes,
        keys,
        length,
        int32.subarray(rows / 4),
        made === 0 ? null : int32.subarray(made / 4),
      );
    },
  };
}

/** High word of a safe integer whose low word is known. */
export function highOf(value: number, low: number): number {
  return low === value ? low >> 31 : Math.floor(value / 0x1_0000_0000) | 0;
}

/** True for canonical bytes of an integer key. */
export function isIntegerKey(bytes: Uint8Array, offset: number, length: number): boolean {
  return length === INTEGER_KEY_BYTES && bytes[offset] === INTEGER_TAG;
}

/** True for canonical bytes of a pair: a tuple of two integers of 32 bits. */
export function isPairKey(bytes: Uint8Array, offset: number, length: number): boolean {
  return (
    length === PAIR_KEY_BYTES &&
    bytes[offset] === TUPLE_TAG &&
    isIntKey(bytes, offset + 1) &&
    isIntKey(bytes, offset + 1 + INTEGER_KEY_BYTES)
  );
}

/** True for canonical bytes of an integer of 32 bits. */
function isIntKey(bytes: Uint8Array, offset: number): boolean {
  const high = readWord(bytes, offset + 1) ^ 0x8000_0000;
  return bytes[offset] === INTEGER_TAG && high === readWord(bytes, offset + 5) >> 31;
}

/** Row of canonical bytes of any kind, -1 if they have none. `memory` is the bytes of `words`. */
export function findKey(
  words: Int32Array,
  memory: Uint8Array,
  key: Uint8Array,
  offset: number,
  length: number,
  hash: number,
): number {
  if (isIntegerKey(key, offset, length)) {
    return findInteger(words, readWord(key, offset + 5), readWord(key, offset + 1) ^ 0x8000_0000);
  }
  if (isPairKey(key, offset, length)) return findPair(words, readWord(key, offset + 6), readWord(key, offset + 15));
  return findBytes(words, memory, key, offset, length, hash);
}

/** Makes the row of canonical bytes of any kind that have none. */
export function makeKey(
  words: Int32Array,
  memory: Uint8Array,
  key: Uint8Array,
  offset: number,
  length: number,
  hash: number,
): number {
  if (isIntegerKey(key, offset, length)) {
    return makeInteger(words, readWord(key, offset + 5), readWord(key, offset + 1) ^ 0x8000_0000, hash);
  }
  if (isPairKey(key, offset, length)) {
    return makePair(words, readWord(key, offset + 6), readWord(key, offset + 15), hash);
  }
  return makeBytes(words, memory, key, offset, length, hash);
}

/** Four bytes, big-endian, signed. */
export function readWord(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** Row of an integer key, -1 if it has none. */
export function findInteger(words: Int32Array, low: number, high: number): number {
  const mixed = mixWords(low, high);
  return findWords(words, INTEGER_INDEX, wordsSlot(mixed, low), wordsTag(mixed, low), low, high);
}

/** Row of a pair, -1 if it has none. */
export function findPair(words: Int32Array, first: number, second: number): number {
  const mixed = mixWords(first, second);
  return findWords(words, PAIR_INDEX, wordsSlot(mixed, first), wordsTag(mixed, first), first, second);
}

/** Makes the row of a pair that has none. */
export function makePair(words: Int32Array, first: number, second: number, hash: number): number {
  const row = takeRow(words, hash, STATE_LIVE | STATE_CANDIDATE | STATE_PAIR);
  const at = rowAt(words, row);
  words[at + ROW_LOW] = first;
  words[at + ROW_HIGH] = second;
  const mixed = mixWords(first, second);
  enter(words, PAIR_INDEX, wordsSlot(mixed, first), wordsTag(mixed, first) | (row + 1));
  return row;
}

const widePair = new Uint8Array(PAIR_KEY_BYTES);
const widePairView = new DataView(widePair.buffer);

/** Row of a tuple of two safe integers that is no pair, as one of them takes more than 32 bits. */
function findWidePair(words: Int32Array, memory: Uint8Array, first: number, second: number): number {
  writePairKey(widePairView, 0, first, second);
  return findBytes(words, memory, widePair, 0, PAIR_KEY_BYTES, hashPair(first, second) | 0);
}

function makeWidePair(words: Int32Array, memory: Uint8Array, first: number, second: number): number {
  writePairKey(widePairView, 0, first, second);
  return makeBytes(words, memory, widePair, 0, PAIR_KEY_BYTES, hashPair(first, second) | 0);
}

/** Makes the row of an integer key that has none. */
export function makeInteger(words: Int32Array, low: number, high: number, hash: number): number {
  const row = takeRow(words, hash, STATE_LIVE | STATE_CANDIDATE | STATE_INTEGER);
  const at = rowAt(words, row);
  words[at + ROW_LOW] = low;
  words[at + ROW_HIGH] = high;
  const mixed = mixWords(low, high);
  enter(words, INTEGER_INDEX, wordsSlot(mixed, low), wordsTag(mixed, low) | (row + 1));
  return row;
}

/** Row of other canonical bytes, -1 if they have none. `memory` is the bytes of `words`. */
export function findBytes(
  words: Int32Array,
  memory: Uint8Array,
  key: Uint8Array,
  offset: number,
  length: number,
  hash: number,
): number {
  const base = words[BYTES_INDEX + INDEX_BASE] as number;
  if (base === 0) return -1;
  const mask = words[BYTES_INDEX + INDEX_MASK] as number;
  const row = probeBytes(words, memory, base, mask, key, offset, length, hash);
  const oldBase = words[BYTES_INDEX + INDEX_OLD_BASE] as number;
  if (row >= 0 || oldBase === 0) return row;
  return probeBytes(words, memory, oldBase, words[BYTES_INDEX + INDEX_OLD_MASK] as number, key, offset, length, hash);
}

/** Makes the row of bytes that have none. */
export function makeBytes(
  words: Int32Array,
  memory: Uint8Array,
  key: Uint8Array,
  offset: number,
  length: number,
  hash: number,
): number {
  const row = takeRow(words, hash, STATE_LIVE | STATE_CANDIDATE);
  const at = rowAt(words, row);
  const cell = takeCell(words, length);
  const start = cell * 8;
  for (let i = 0; i < length; i++) memory[start + i] = key[offset + i] as number;
  words[at + ROW_LOW] = cell;
  words[at + ROW_HIGH] = length;
  enter(words, BYTES_INDEX, hash, bytesTag(hash) | (row + 1));
  return row;
}

/** Gives back the cells of a row's key bytes. */
export function releaseCell(words: Int32Array, cell: number, length: number): void {
  words[CELLS_USED] = (words[CELLS_USED] as number) - cellsOf(length);
  addFreeCell(words, cell, length);
}

/** A free cell more, of the size class of so many bytes. */
export function addFreeCell(words: Int32Array, cell: number, length: number): void {
  const head = FREE_CELLS + cellClassOf(length);
  words[cell * 2] = words[head] as number;
  words[head] = cell;
}

/** Row of a key that is held in the two words of its row. */
function findWords(words: Int32Array, index: number, home: number, tag: number, low: number, high: number): number {
  const base = words[index + INDEX_BASE] as number;
  if (base === 0) return -1;
  const row = probeWords(words, base, words[index + INDEX_MASK] as number, home, tag, low, high);
  const oldBase = words[index + INDEX_OLD_BASE] as number;
  if (row >= 0 || oldBase === 0) return row;
  return probeWords(words, oldBase, words[index + INDEX_OLD_MASK] as number, home, tag, low, high);
}

function probeWords(
  words: Int32Array,
  base: number,
  mask: number,
  home: number,
  tag: number,
  low: number,
  high: number,
): number {
  for (let slot = home & mask; ; slot = (slot + 1) & mask) {
    const word = words[base + slot] as number;
    if (word === 0) return -1;
    if ((word & TAG_MASK) !== tag) continue;
    const row = (word & ROW_MASK) - 1;
    const at = rowAt(words, row);
    if (words[at + ROW_LOW] === low && words[at + ROW_HIGH] === high) return row;
  }
}

function probeBytes(
  words: Int32Array,
  memory: Uint8Array,
  base: number,
  mask: number,
  key: Uint8Array,
  offset: number,
  length: number,
  hash: number,
): number {
  const tag = bytesTag(hash);
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const word = words[base + slot] as number;
    if (word === 0) return -1;
    if ((word & TAG_MASK) !== tag) continue;
    const row = (word & ROW_MASK) - 1;
    const at = rowAt(words, row);
    if (words[at + ROW_HASH] !== hash || words[at + ROW_HIGH] !== length) continue;
    const start = (words[at + ROW_LOW] as number) * 8;
    let i = 0;
    while (i < length && memory[start + i] === key[offset + i]) i++;
    if (i === length) return row;
  }
}

function takeRow(words: Int32Array, hash: number, state: number): number {
  let row = (words[FREE_ROW] as number) - 1;
  let at = 0;
  if (row >= 0) {
    at = rowAt(words, row);
    words[FREE_ROW] = words[at + ROW_LOW] as number;
    words[FREE_ROWS] = (words[FREE_ROWS] as number) - 1;
  } else {
    row = words[ROW_END] as number;
    words[ROW_END] = row + 1;
    at = rowAt(words, row);
  }
  words[at + ROW_HASH] = hash;
  words[at + ROW_STATE] = state;
  return row;
}

function takeCell(words: Int32Array, length: number): number {
  const cells = cellsOf(length);
  words[CELLS_USED] = (words[CELLS_USED] as number) + cells;
  const head = FREE_CELLS + cellClassOf(length);
  const free = words[head] as number;
  if (free !== 0) {
    words[head] = words[free * 2] as number;
    return free;
  }
  const cell = words[ARENA_AT] as number;
  words[ARENA_AT] = cell + cells;
  return cell;
}

function enter(words: Int32Array, index: number, home: number, word: number): void {
  const base = words[index + INDEX_BASE] as number;
  const mask = words[index + INDEX_MASK] as number;
  let slot = home & mask;
  while (words[base + slot] !== 0) slot = (slot + 1) & mask;
  words[base + slot] = word;
  words[index + INDEX_COUNT] = (words[index + INDEX_COUNT] as number) + 1;
}
