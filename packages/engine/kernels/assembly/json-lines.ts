import { copyString, keyEnd, skipSpace, skipValue } from "./json-text";
import { eightDigits, otherBytes, parseNumber } from "./json-number";

// The block of state that src/record/kernels/json-lines-block.ts writes, by byte offsets.
const COLUMNS: usize = 0;
const NAME_LENGTHS: usize = 4;
const ROWS_MAX: usize = 8;
const ROW: usize = 12;
const LINE_BYTES_MAX: usize = 16;
const OUTCOME: usize = 20;
const OFFSETS: usize = 24;
const LINE: usize = 28;
const FIRST_KEY: usize = 32;
const IS_CLOSED: usize = 36;
const NUMBER: usize = 40;
const FIRST_COLUMN: usize = 240;

const COLUMN_BYTES: usize = 64;
const KIND: usize = 0;
const FLAGS: usize = 4;
const VALUES: usize = 8;
const LENGTHS: usize = 12;
const PRESENCE: usize = 16;
const NAME: usize = 20;
const NAME_BYTES: usize = 24;
const TEXT: usize = 28;
const TEXT_USED: usize = 32;
const TEXT_BASE: usize = 36;
const IS_LACKING: usize = 40;
const NEXT_KEY: usize = 44;
const SEEN: usize = 48;
const TEXT_END: usize = 52;

const INT32: u32 = 0;
const FLOAT64: u32 = 1;
const BOOLEAN: u32 = 2;
const UTF8: u32 = 3;

const NULLABLE: u32 = 1;
const OPTIONAL: u32 = 2;

const IS_NULL: u8 = 1;
const IS_ABSENT: u8 = 2;

const USED_UP: u32 = 0;
const REFUSED: u32 = 1;
const FULL: u32 = 2;

/**
 * Decodes JSON Lines in [from, end) into the columns of the block at `state`, and gives where the first line begins that was not
 * decoded. 64 line feeds stand from `end` on. OUTCOME says why it stopped: what is left is no whole line; the line must be read in
 * another way; ROWS_MAX rows are there, or `stopAt` was reached. `streamOffset` is that of `from`.
 */
export function decodeJsonLines(state: usize, from: usize, end: usize, stopAt: usize, streamOffset: f64): usize {
  const offsets: usize = load<u32>(state, OFFSETS);
  const rowsMax = load<u32>(state, ROWS_MAX);
  const lineBytesMax: usize = load<u32>(state, LINE_BYTES_MAX);
  let row = load<u32>(state, ROW);
  let at = from;
  let outcome = USED_UP;
  while (at < end) {
    if (row >= rowsMax) {
      outcome = FULL;
      break;
    }
    const empty = emptyLineEnd(at);
    const next = empty != 0 ? empty : decodeLine(state, at, row);
    if (next == 0 || next > end || next - at > lineBytesMax) {
      if (hasLineEnd(at, end)) outcome = REFUSED;
      break;
    }
    if (empty == 0) {
      store<f64>(offsets + ((<usize>row) << 3), streamOffset + <f64>(at - from));
      row++;
    }
    at = next;
    if (at >= stopAt) {
      outcome = FULL;
      break;
    }
  }
  store<u32>(state, row, ROW);
  store<u32>(state, outcome, OUTCOME);
  return at;
}

/** Where the line after an empty one begins; 0: it is not empty. */
function emptyLineEnd(at: usize): usize {
  const first = load<u8>(at);
  if (first == 0x0a) return at + 1;
  return first == 0x0d && load<u8>(at, 1) == 0x0a ? at + 2 : 0;
}

function hasLineEnd(at: usize, end: usize): bool {
  while (at < end) {
    const feeds = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x0a)));
    if (feeds != 0) return at + <usize>ctz(feeds) < end;
    at += 16;
  }
  return false;
}

/** Decodes one object; where the next line begins, or 0 where it is no such object or must be read in another way. */
function decodeLine(state: usize, line: usize, row: u32): usize {
  const stamp = load<u32>(state, LINE) + 1;
  store<u32>(state, stamp, LINE);
  let p = afterSpace(line);
  if (load<u8>(p) != 0x7b) return 0;
  p = afterSpace(p + 1);
  let link = state + FIRST_KEY;
  let seen: u32 = 0;
  let isMore = load<u8>(p) != 0x7d;
  if (!isMore) p++;
  while (isMore) {
    let column: usize = load<u32>(link);
    let value: usize = 0;
    if (column != 0) value = matchName(column, p);
    if (value == 0) {
      value = keyEnd(p);
      if (value == 0) return 0;
      column = findColumn(state, p);
      if (column != 0) store<u32>(link, <u32>column);
    }
    p = afterSpace(value);
    if (column == 0) {
      if (load<u32>(state, IS_CLOSED) != 0) return 0;
      p = skipValue(p);
    } else {
      if (load<u32>(column, SEEN) == stamp) return 0;
      store<u32>(column, stamp, SEEN);
      seen++;
      p = decodeCell(state, column, p, row);
      link = column + NEXT_KEY;
    }
    if (p == 0) return 0;
    let after = load<u8>(p);
    if (after <= 0x20) {
      p = skipSpace(p);
      after = load<u8>(p);
    }
    isMore = after == 0x2c;
    if (!isMore && after != 0x7d) return 0;
    p++;
    if (isMore) p = afterSpace(p);
  }
  p = afterSpace(p);
  if (load<u8>(p) != 0x0a) return 0;
  if (seen != load<u32>(state, COLUMNS) && !fillAbsent(state, row, stamp)) return 0;
  return p + 1;
}

/** As skipSpace, without a call where there is none. */
function afterSpace(p: usize): usize {
  const c = load<u8>(p);
  return c <= 0x20 && c != 0x0a ? skipSpace(p) : p;
}

/** After the colon where a column's `"name":` stands at p, else 0. The name is padded with zeros, and its mask follows it. */
function matchName(column: usize, p: usize): usize {
  const name: usize = load<u32>(column, NAME);
  const length: usize = load<u32>(column, NAME_BYTES);
  const padded = (length + 15) & ~(<usize>15);
  let i: usize = 0;
  do {
    const difference = v128.xor(v128.load(p + i), v128.load(name + i));
    if (v128.any_true(v128.and(difference, v128.load(name + padded + i)))) return 0;
    i += 16;
  } while (i < length);
  return p + length;
}

/** The column whose name is the key at p, which is known to be a string without escapes; 0: none is. */
function findColumn(state: usize, p: usize): usize {
  let close = p + 1;
  while (load<u8>(close) != 0x22) close++;
  const length = <u32>(close - p) + 2;
  if ((load<u32>(state, NAME_LENGTHS) & (1 << (length & 31))) == 0) return 0;
  const end = state + FIRST_COLUMN + <usize>load<u32>(state, COLUMNS) * COLUMN_BYTES;
  for (let column = state + FIRST_COLUMN; column < end; column += COLUMN_BYTES) {
    if (load<u32>(column, NAME_BYTES) != length) continue;
    const name: usize = load<u32>(column, NAME);
    // Without the colon, which may stand further off.
    let i: usize = 0;
    while (i + 1 < <usize>length && load<u8>(p + i) == load<u8>(name + i)) i++;
    if (i + 1 == <usize>length) return column;
  }
  return 0;
}

function decodeCell(state: usize, column: usize, p: usize, row: u32): usize {
  const flags = load<u32>(column, FLAGS);
  if (flags != 0) {
    if (load<u8>(p) == 0x6e) {
      if ((flags & NULLABLE) == 0 || load<u32>(p) != 0x6c6c756e) return 0;
      lack(column, row, IS_NULL);
      return p + 4;
    }
    store<u8>(<usize>load<u32>(column, PRESENCE) + <usize>row, 0);
  }
  const values: usize = load<u32>(column, VALUES);
  const kind = load<u32>(column, KIND);
  if (kind == UTF8) return decodeString(column, p, row, values);
  if (kind == BOOLEAN) {
    const isTrue = load<u32>(p) == 0x65757274;
    if (!isTrue && (load<u32>(p) != 0x736c6166 || load<u8>(p, 4) != 0x65)) return 0;
    store<u8>(values + <usize>row, isTrue ? 1 : 0);
    return isTrue ? p + 4 : p + 5;
  }
  return decodeNumber(state, p, kind, values, row);
}

function decodeNumber(state: usize, p: usize, kind: u32, values: usize, row: u32): usize {
  const first = load<u64>(p);
  const firstEnd = otherBytes(first);
  let bits = <u64>ctz(firstEnd) & 0x78;
  let magnitude: u64;
  let end = p + <usize>(bits >> 3);
  if (firstEnd != 0) {
    magnitude = eightDigits(first << (64 - bits));
  } else {
    const second = load<u64>(p, 8);
    bits = <u64>ctz(otherBytes(second)) & 0x78;
    magnitude = eightDigits(first);
    if (bits != 0) {
      magnitude = magnitude * <u64>load<f64>(state + NUMBER + 8 + <usize>bits) + eightDigits(second << (64 - bits));
    }
    end += <usize>(bits >> 3);
    if (bits == 64) end = p;
  }
  const after = <u32>load<u8>(end);
  // Of whatever is not digits and a comma, a brace or a space; a zero may only stand alone.
  const isPlain = (after == 0x2c || after == 0x7d || after <= 0x20) && (<u8>first != 0x30 || end - p == 1);
  if (end == p || !isPlain) return decodeAnyNumber(state, p, kind, values, row);
  if (kind == FLOAT64) {
    store<f64>(values + ((<usize>row) << 3), <f64>magnitude);
  } else {
    if (magnitude > 0x7fffffff) return 0;
    store<i32>(values + ((<usize>row) << 2), <i32>magnitude);
  }
  return end;
}

/** Any number but the commonest. */
function decodeAnyNumber(state: usize, p: usize, kind: u32, values: usize, row: u32): usize {
  p = parseNumber(state + NUMBER, p);
  if (p == 0) return 0;
  const number = load<f64>(state, NUMBER);
  if (kind == FLOAT64) {
    store<f64>(values + ((<usize>row) << 3), number);
    return p;
  }
  if (number < -2147483648.0 || number > 2147483647.0) return 0;
  const truncated = <i32>number;
  if (<f64>truncated != number || (truncated == 0 && reinterpret<u64>(number) != 0)) return 0;
  store<i32>(values + ((<usize>row) << 2), truncated);
  return p;
}

function decodeString(column: usize, p: usize, row: u32, values: usize): usize {
  if (load<u8>(p) != 0x22) return 0;
  const used = load<u32>(column, TEXT_USED);
  const text = <usize>load<u32>(column, TEXT) + <usize>used;
  const close = copyString(p + 1, text, column + TEXT_END);
  if (close == 0) return 0;
  const length = load<u32>(column, TEXT_END) - <u32>text;
  store<u32>(values + ((<usize>row) << 2), load<u32>(column, TEXT_BASE) + used);
  store<u32>(<usize>load<u32>(column, LENGTHS) + ((<usize>row) << 2), length);
  store<u32>(column, used + length, TEXT_USED);
  return close + 1;
}

/** Notes a cell without a value; what stands in its place is what an empty value would be. */
function lack(column: usize, row: u32, presence: u8): void {
  const values: usize = load<u32>(column, VALUES);
  const kind = load<u32>(column, KIND);
  if (kind == FLOAT64) store<f64>(values + ((<usize>row) << 3), 0);
  else if (kind == BOOLEAN) store<u8>(values + <usize>row, 0);
  else store<u32>(values + ((<usize>row) << 2), 0);
  if (kind == UTF8) store<u32>(<usize>load<u32>(column, LENGTHS) + ((<usize>row) << 2), 0);
  store<u8>(<usize>load<u32>(column, PRESENCE) + <usize>row, presence);
  store<u32>(column, 1, IS_LACKING);
}

/** Marks the fields that the line does not have; false: one of them must be there. */
function fillAbsent(state: usize, row: u32, stamp: u32): bool {
  const end = state + FIRST_COLUMN + <usize>load<u32>(state, COLUMNS) * COLUMN_BYTES;
  for (let column = state + FIRST_COLUMN; column < end; column += COLUMN_BYTES) {
    if (load<u32>(column, SEEN) == stamp) continue;
    if ((load<u32>(column, FLAGS) & OPTIONAL) == 0) return false;
    lack(column, row, IS_ABSENT);
  }
  return true;
}
