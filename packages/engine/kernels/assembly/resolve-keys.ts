import { equalBytes } from "./equal-bytes";
import { hashOfInteger, hashOfPair } from "./hash-keys";

// Rows of keys: find and make, over the memory of a row store. Its twin and specification is src/record/kernels/resolve-keys-twin.ts; the layout is that of
// row-layout.ts beside it, in bytes here where there it is in words. Room for what is made was reserved before.

const ROW_END: usize = 0;
const FREE_ROW: usize = 4;
const FREE_ROWS: usize = 8;
const ARENA_AT: usize = 12;
const CELLS_USED: usize = 20;
export const INTEGER_INDEX: usize = 32;
export const BYTES_INDEX: usize = 64;
export const PAIR_INDEX: usize = 416;
const SEGMENTS: usize = 64;
const FREE_CELLS: usize = 192;

export const INDEX_BASE: usize = 0;
export const INDEX_MASK: usize = 4;
export const INDEX_OLD_BASE: usize = 8;
export const INDEX_OLD_MASK: usize = 12;
const INDEX_COUNT: usize = 20;

export const ROW_MASK: u32 = 0x00ff_ffff;
const TAG_MASK: u32 = 0xff00_0000;

export const ROW_HASH: usize = 0;
export const ROW_LOW: usize = 4;
export const ROW_HIGH: usize = 8;
const ROW_STATE: usize = 12;
const LIVE_CANDIDATE: u32 = 3;
const LIVE_CANDIDATE_INTEGER: u32 = 7;
const LIVE_CANDIDATE_PAIR: u32 = 11;

/**
 * Rows of `length` integer keys (float64 at `integers`) into int32 at `rows`; the new ones also into `made`. Returns how many are new. With
 * `made` 0 none is made, and a key without a row gets -1.
 */
export function resolveIntegers(integers: usize, length: u32, rows: usize, made: usize): u32 {
  const makes = made !== 0;
  let count: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const value = load<f64>(integers + ((<usize>i) << 3));
    const whole = <i64>value;
    const row = integerRow(<u32>whole, <u32>(whole >> 32), 0, false, makes);
    if (makes) {
      // Written in any case, and counted where it is new: no branch to mispredict.
      store<u32>(made + ((<usize>count) << 2), row & ROW_MASK);
      count += row >> 31;
    }
    store<u32>(rows + ((<usize>i) << 2), row === NONE ? NONE : row & ROW_MASK);
  }
  return count;
}

/** The same for tuples of two safe integers; `scratch` is 24 bytes for one that takes more than 32 bits a number. */
export function resolvePairs(first: usize, second: usize, length: u32, rows: usize, made: usize, scratch: usize): u32 {
  const makes = made !== 0;
  let count: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const a = <i64>load<f64>(first + ((<usize>i) << 3));
    const b = <i64>load<f64>(second + ((<usize>i) << 3));
    const isPair = a === <i64>(<i32>a) && b === <i64>(<i32>b);
    const row = isPair ? pairRow(<u32>a, <u32>b, 0, false, makes) : widePairRow(a, b, scratch, makes);
    if (makes) {
      // Written in any case, and counted where it is new: no branch to mispredict.
      store<u32>(made + ((<usize>count) << 2), row & ROW_MASK);
      count += row >> 31;
    }
    store<u32>(rows + ((<usize>i) << 2), row === NONE ? NONE : row & ROW_MASK);
  }
  return count;
}

/** By its canonical bytes, written at `scratch`. */
function widePairRow(a: i64, b: i64, scratch: usize, makes: bool): u32 {
  store<u8>(scratch, 0x60);
  store<u8>(scratch, 0x20, 1);
  store<i64>(scratch, bswap<i64>(a ^ ((<i64>1) << 63)), 2);
  store<u8>(scratch, 0x20, 10);
  store<i64>(scratch, bswap<i64>(b ^ ((<i64>1) << 63)), 11);
  return bytesRow(scratch, 19, hashOfPair(<u32>a, <u32>(a >> 32), <u32>b, <u32>(b >> 32)), makes);
}

/** The same for canonical bytes: row i's are at `bytes` + offset i. */
export function resolveBytes(
  bytes: usize,
  offsets: usize,
  lengths: usize,
  hashes: usize,
  length: u32,
  rows: usize,
  made: usize,
): u32 {
  const makes = made !== 0;
  let count: u32 = 0;
  for (let i: usize = 0; i < <usize>length; i++) {
    const at = bytes + <usize>load<u32>(offsets + (i << 2));
    const size = load<u32>(lengths + (i << 2));
    const hash = load<u32>(hashes + (i << 2));
    let row: u32 = 0;
    if (size === 9 && load<u8>(at) === 0x20) {
      row = integerRow(bswap<u32>(load<u32>(at, 5)), bswap<u32>(load<u32>(at, 1)) ^ 0x8000_0000, hash, true, makes);
    } else if (size === 19 && isPairKey(at)) {
      row = pairRow(bswap<u32>(load<u32>(at, 6)), bswap<u32>(load<u32>(at, 15)), hash, true, makes);
    } else {
      row = bytesRow(at, size, hash, makes);
    }
    if (makes) {
      // Written in any case, and counted where it is new: no branch to mispredict.
      store<u32>(made + ((<usize>count) << 2), row & ROW_MASK);
      count += row >> 31;
    }
    store<u32>(rows + (i << 2), row === NONE ? NONE : row & ROW_MASK);
  }
  return count;
}

/** True for the canonical bytes of a tuple of two integers of 32 bits; there are 19 of them. */
function isPairKey(at: usize): bool {
  if (load<u16>(at) !== 0x2060 || load<u8>(at, 10) !== 0x20) return false;
  const first = bswap<i64>(load<i64>(at, 2)) ^ ((<i64>1) << 63);
  const second = bswap<i64>(load<i64>(at, 11)) ^ ((<i64>1) << 63);
  return first === <i64>(<i32>first) && second === <i64>(<i32>second);
}

/** Set in what those below return where the row is new. */
const NEW: u32 = 0x8000_0000;
/** No row. */
const NONE: u32 = 0xffff_ffff;

function integerRow(low: u32, high: u32, given: u32, isGiven: bool, makes: bool): u32 {
  const mixed = mixWords(low, high);
  const row = wordsRow(INTEGER_INDEX, mixed, low, high);
  if (row !== NONE || !makes) return row;
  const hash = isGiven ? given : hashOfInteger(low, high);
  return makeWordsRow(INTEGER_INDEX, mixed, low, high, takeRow(hash, LIVE_CANDIDATE_INTEGER));
}

/** Of a tuple of two integers of 32 bits. */
function pairRow(first: u32, second: u32, given: u32, isGiven: bool, makes: bool): u32 {
  const mixed = mixWords(first, second);
  const row = wordsRow(PAIR_INDEX, mixed, first, second);
  if (row !== NONE || !makes) return row;
  const hash = isGiven ? given : hashOfPair(first, highOf(first), second, highOf(second));
  return makeWordsRow(PAIR_INDEX, mixed, first, second, takeRow(hash, LIVE_CANDIDATE_PAIR));
}

/** High word of an integer of 32 bits. */
function highOf(low: u32): u32 {
  return <u32>(<i32>low >> 31);
}

/** Row of a key that is held in the two words of its row, or NONE. */
function wordsRow(index: usize, mixed: u32, low: u32, high: u32): u32 {
  const base = (<usize>load<u32>(index, INDEX_BASE)) << 2;
  if (base === 0) return NONE;
  const home = wordsSlot(mixed, low);
  const tag = wordsTag(mixed, low);
  const row = probeWords(base, load<u32>(index, INDEX_MASK), home, tag, low, high);
  const oldBase = (<usize>load<u32>(index, INDEX_OLD_BASE)) << 2;
  if (row !== NONE || oldBase === 0) return row;
  return probeWords(oldBase, load<u32>(index, INDEX_OLD_MASK), home, tag, low, high);
}

function probeWords(base: usize, mask: u32, home: u32, tag: u32, low: u32, high: u32): u32 {
  let slot = home & mask;
  let word = load<u32>(base + ((<usize>slot) << 2));
  while (word !== 0) {
    if ((word & TAG_MASK) === tag) {
      const row = (word & ROW_MASK) - 1;
      const at = rowAt(row);
      if (load<u32>(at, ROW_LOW) === low && load<u32>(at, ROW_HIGH) === high) return row;
    }
    slot = (slot + 1) & mask;
    word = load<u32>(base + ((<usize>slot) << 2));
  }
  return NONE;
}

function makeWordsRow(index: usize, mixed: u32, low: u32, high: u32, row: u32): u32 {
  const at = rowAt(row);
  store<u32>(at, low, ROW_LOW);
  store<u32>(at, high, ROW_HIGH);
  const base = (<usize>load<u32>(index, INDEX_BASE)) << 2;
  const mask = load<u32>(index, INDEX_MASK);
  let slot = wordsSlot(mixed, low) & mask;
  while (load<u32>(base + ((<usize>slot) << 2)) !== 0) slot = (slot + 1) & mask;
  store<u32>(base + ((<usize>slot) << 2), wordsTag(mixed, low) | (row + 1));
  store<u32>(index, load<u32>(index, INDEX_COUNT) + 1, INDEX_COUNT);
  return row | NEW;
}

function bytesRow(key: usize, length: u32, hash: u32, makes: bool): u32 {
  const tag = (hash * 0x9e37_79b1) & TAG_MASK;
  const base = (<usize>load<u32>(BYTES_INDEX, INDEX_BASE)) << 2;
  if (base === 0) return NONE;
  const mask = load<u32>(BYTES_INDEX, INDEX_MASK);
  let slot = hash & mask;
  let word = load<u32>(base + ((<usize>slot) << 2));
  while (word !== 0) {
    if ((word & TAG_MASK) === tag) {
      const row = (word & ROW_MASK) - 1;
      if (hasKey(rowAt(row), key, length, hash)) return row;
    }
    slot = (slot + 1) & mask;
    word = load<u32>(base + ((<usize>slot) << 2));
  }
  const old = oldBytesRow(key, length, hash, tag);
  if (old !== NONE || !makes) return old;
  const row = takeRow(hash, LIVE_CANDIDATE);
  const at = rowAt(row);
  const cell = takeCell(length);
  store<u32>(at, cell, ROW_LOW);
  store<u32>(at, length, ROW_HIGH);
  memory.copy((<usize>cell) << 3, key, length);
  store<u32>(base + ((<usize>slot) << 2), tag | (row + 1));
  store<u32>(BYTES_INDEX, load<u32>(BYTES_INDEX, INDEX_COUNT) + 1, INDEX_COUNT);
  return row | NEW;
}

function oldBytesRow(key: usize, length: u32, hash: u32, tag: u32): u32 {
  const base = (<usize>load<u32>(BYTES_INDEX, INDEX_OLD_BASE)) << 2;
  if (base === 0) return NONE;
  const mask = load<u32>(BYTES_INDEX, INDEX_OLD_MASK);
  let slot = hash & mask;
  let word = load<u32>(base + ((<usize>slot) << 2));
  while (word !== 0) {
    if ((word & TAG_MASK) === tag) {
      const row = (word & ROW_MASK) - 1;
      if (hasKey(rowAt(row), key, length, hash)) return row;
    }
    slot = (slot + 1) & mask;
    word = load<u32>(base + ((<usize>slot) << 2));
  }
  return NONE;
}

function hasKey(at: usize, key: usize, length: u32, hash: u32): bool {
  if (load<u32>(at, ROW_HASH) !== hash || load<u32>(at, ROW_HIGH) !== length) return false;
  return equalBytes((<usize>load<u32>(at, ROW_LOW)) << 3, key, length);
}

/** Address of a row. */
export function rowAt(row: u32): usize {
  return <usize>(load<u32>((<usize>clz<u32>(row | 32)) << 2, SEGMENTS) << 2) + ((<usize>row) << 4);
}

/** Home slot of an integer key or a pair, to be masked. */
export function wordsHome(low: u32, high: u32): u32 {
  return wordsSlot(mixWords(low, high), low);
}

function wordsSlot(mixed: u32, low: u32): u32 {
  return (mixed << 4) | (low & 15);
}

function wordsTag(mixed: u32, low: u32): u32 {
  return (mixed ^ ((low & 15) * 0x1100_0000)) & TAG_MASK;
}

function mixWords(low: u32, high: u32): u32 {
  let mixed = ((low >> 4) ^ (high * 0x85eb_ca6b)) * 0x9e37_79b1;
  mixed = (mixed ^ (mixed >> 15)) * 0xc2b2_ae35;
  return mixed ^ (mixed >> 13);
}

function takeRow(hash: u32, state: u32): u32 {
  let row = load<u32>(FREE_ROW) - 1;
  let at: usize = 0;
  if (row !== NONE) {
    at = rowAt(row);
    store<u32>(FREE_ROW, load<u32>(at, ROW_LOW));
    store<u32>(FREE_ROWS, load<u32>(FREE_ROWS) - 1);
  } else {
    row = load<u32>(ROW_END);
    store<u32>(ROW_END, row + 1);
    at = rowAt(row);
  }
  store<u32>(at, hash, ROW_HASH);
  store<u32>(at, state, ROW_STATE);
  return row;
}

function takeCell(length: u32): u32 {
  let cells = (length + 7) >> 3;
  if (cells === 0) cells = 1;
  let head: u32 = 0;
  if (cells <= 16) {
    head = cells - 1;
  } else {
    const shift = 29 - clz<u32>(cells - 1);
    const steps = (cells - 1) >> shift;
    cells = (steps + 1) << shift;
    head = shift * 4 + steps + 4;
  }
  store<u32>(CELLS_USED, load<u32>(CELLS_USED) + cells);
  const at = FREE_CELLS + ((<usize>head) << 2);
  const free = load<u32>(at);
  if (free !== 0) {
    store<u32>(at, load<u32>((<usize>free) << 3));
    return free;
  }
  const cell = load<u32>(ARENA_AT);
  store<u32>(ARENA_AT, cell + cells);
  return cell;
}
