import { skipNumber } from "./json-number";

/** Levels of nesting that are skipped; what is deeper is read in another way. */
const DEPTH_MAX: i32 = 60;

/** After spaces, tabs and carriage returns; a line feed ends the record. */
export function skipSpace(p: usize): usize {
  let c = load<u8>(p);
  while (c <= 0x20 && (c == 0x20 || c == 0x09 || c == 0x0d)) c = load<u8>(++p);
  return p;
}

/** Where the value of a key at p may begin: after the colon; 0: there is no string without escapes, or no colon. */
export function keyEnd(p: usize): usize {
  if (load<u8>(p) != 0x22) return 0;
  p = plainStringEnd(p + 1);
  if (p == 0) return 0;
  p = skipSpace(p + 1);
  return load<u8>(p) == 0x3a ? p + 1 : 0;
}

/** Lanes of quotes, backslashes, control characters and bytes beyond ASCII. */
function specialLanes(bytes: v128): i32 {
  const isText = v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c)));
  return i8x16.bitmask(v128.or(isText, i8x16.lt_s(bytes, i8x16.splat(0x20))));
}

/** The closing quote of a string that begins at p; 0: an escape, a control character or no UTF-8 comes before. */
function plainStringEnd(p: usize): usize {
  let close: usize = 0;
  while (close == 0) {
    const special = specialLanes(v128.load(p));
    if (special == 0) {
      p += 16;
      continue;
    }
    p += <usize>ctz(special);
    const c = load<u8>(p);
    if (c == 0x22) {
      close = p;
    } else {
      let length: usize = 0;
      if (c >= 0x80) length = sequenceLength(p);
      if (length == 0) return 0;
      p += length;
    }
  }
  return close;
}

/** Copies 32 bytes; a bit for each that is a quote, a backslash, a control character or beyond ASCII. */
function copyBlock(p: usize, to: usize): u32 {
  const a = v128.load(p);
  const b = v128.load(p, 16);
  v128.store(to, a);
  v128.store(to, b, 16);
  return <u32>specialLanes(a) | ((<u32>specialLanes(b)) << 16);
}

/**
 * The closing quote of a string that begins at p, which is copied to `to` without its escapes; stores the end of the copy at `result`.
 * 0: what is no string, or none that UTF-8 can hold. The copy is never longer; up to 32 bytes behind its end are overwritten.
 */
export function copyString(p: usize, to: usize, result: usize): usize {
  let special = copyBlock(p, to);
  while (special == 0) {
    p += 32;
    to += 32;
    special = copyBlock(p, to);
  }
  p += <usize>ctz(special);
  to += <usize>ctz(special);
  if (load<u8>(p) != 0x22) return copyRest(p, to, result);
  store<u32>(result, <u32>to);
  return p;
}

/** The same, of a string that goes on with what cannot just be copied. */
function copyRest(p: usize, to: usize, result: usize): usize {
  let c = load<u8>(p);
  while (c != 0x22) {
    if (c == 0x5c) {
      const second = load<u8>(p, 1);
      // Most escapes are those of a backslash and a quote.
      if (second == 0x5c || second == 0x22) {
        store<u8>(to, second);
        p += 2;
        to++;
      } else {
        const length = escapeLength(p);
        if (length == 2) {
          store<u8>(to, unescaped(second));
          p += 2;
          to++;
        } else {
          if (length == 0) return 0;
          const end = copyCodePoint(p, to, result);
          if (end == 0) return 0;
          p = end;
          to = <usize>load<u32>(result);
        }
      }
    } else {
      let length: usize = 0;
      if (c >= 0x80) length = sequenceLength(p);
      if (length == 0) return 0;
      store<u32>(to, load<u32>(p));
      p += length;
      to += length;
    }
    let special = copyBlock(p, to);
    while (special == 0) {
      p += 32;
      to += 32;
      special = copyBlock(p, to);
    }
    p += <usize>ctz(special);
    to += <usize>ctz(special);
    c = load<u8>(p);
  }
  store<u32>(result, <u32>to);
  return p;
}

/** The character of an escape of two. */
function unescaped(c: u8): u8 {
  if (c == 0x62) return 0x08;
  if (c == 0x66) return 0x0c;
  if (c == 0x6e) return 0x0a;
  if (c == 0x72) return 0x0d;
  return c == 0x74 ? 0x09 : c;
}

/** UTF-8 of the escape of six at p, or of two that make one character: after them; 0: half a pair. Stores the end of the copy. */
function copyCodePoint(p: usize, to: usize, result: usize): usize {
  let point = hexUnit(p + 2);
  p += 6;
  if (point >= 0xd800 && point <= 0xdfff) {
    if (point > 0xdbff || load<u16>(p) != 0x755c || escapeLength(p) != 6) return 0;
    const low = hexUnit(p + 2);
    if (low < 0xdc00 || low > 0xdfff) return 0;
    point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    p += 6;
  }
  if (point < 0x80) {
    store<u8>(to++, <u8>point);
  } else {
    if (point < 0x800) {
      store<u8>(to++, <u8>(0xc0 | (point >> 6)));
    } else {
      if (point < 0x10000) {
        store<u8>(to++, <u8>(0xe0 | (point >> 12)));
      } else {
        store<u8>(to++, <u8>(0xf0 | (point >> 18)));
        store<u8>(to++, <u8>(0x80 | ((point >> 12) & 0x3f)));
      }
      store<u8>(to++, <u8>(0x80 | ((point >> 6) & 0x3f)));
    }
    store<u8>(to++, <u8>(0x80 | (point & 0x3f)));
  }
  store<u32>(result, <u32>to);
  return p;
}

/** The value of four hexadecimal digits. */
function hexUnit(p: usize): u32 {
  let unit: u32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    const c = <u32>load<u8>(p + i);
    unit = (unit << 4) | (c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57);
  }
  return unit;
}

/** Bytes of the well-formed UTF-8 sequence beyond ASCII at p; 0: it is none. */
function sequenceLength(p: usize): usize {
  const lead = load<u8>(p);
  const second = load<u8>(p, 1);
  if (lead < 0xc2 || lead > 0xf4 || (second & 0xc0) != 0x80) return 0;
  if (lead < 0xe0) return 2;
  if ((load<u8>(p, 2) & 0xc0) != 0x80) return 0;
  if (lead < 0xf0) {
    if (lead == 0xe0 && second < 0xa0) return 0;
    return lead == 0xed && second > 0x9f ? 0 : 3;
  }
  if ((load<u8>(p, 3) & 0xc0) != 0x80) return 0;
  if (lead == 0xf0 && second < 0x90) return 0;
  return lead == 0xf4 && second > 0x8f ? 0 : 4;
}

/** After the string that begins at p, escapes and all; 0: it is none. */
function skipString(p: usize): usize {
  let end: usize = 0;
  while (end == 0) {
    const special = specialLanes(v128.load(p));
    if (special == 0) {
      p += 16;
      continue;
    }
    p += <usize>ctz(special);
    const c = load<u8>(p);
    if (c == 0x22) {
      end = p + 1;
    } else {
      let length: usize = 0;
      if (c == 0x5c) length = escapeLength(p);
      else if (c >= 0x80) length = sequenceLength(p);
      if (length == 0) return 0;
      p += length;
    }
  }
  return end;
}

function escapeLength(p: usize): usize {
  const c = load<u8>(p, 1);
  if (c == 0x75) {
    return isHex(load<u8>(p, 2)) && isHex(load<u8>(p, 3)) && isHex(load<u8>(p, 4)) && isHex(load<u8>(p, 5)) ? 6 : 0;
  }
  const isShort = c == 0x22 || c == 0x5c || c == 0x2f || c == 0x62 || c == 0x66 || c == 0x6e || c == 0x72 || c == 0x74;
  return isShort ? 2 : 0;
}

function isHex(c: u8): bool {
  return <u32>c - 48 <= 9 || <u32>(c | 0x20) - 97 <= 5;
}

/** After any JSON value at p, checked as JSON.parse would; 0: it is none, or nested deeper than is looked at. */
export function skipValue(p: usize): usize {
  let depth: i32 = 0;
  // A bit a level, the innermost lowest: 1 for an object.
  let levels: u64 = 0;
  let end: usize = 0;
  while (end == 0) {
    const c = load<u8>(p);
    const isObject = c == 0x7b;
    if (isObject || c == 0x5b) {
      p = skipSpace(p + 1);
      if (load<u8>(p) == (isObject ? 0x7d : 0x5d)) {
        p++;
      } else {
        if (++depth > DEPTH_MAX) return 0;
        levels = (levels << 1) | (isObject ? 1 : 0);
        if (isObject) p = skipKey(p);
        if (p == 0) return 0;
        continue;
      }
    } else {
      p = skipScalar(p, c);
      if (p == 0) return 0;
    }
    // The value is over: perhaps whatever it stands in is, too.
    let isOver = true;
    while (isOver && depth > 0) {
      p = skipSpace(p);
      const after = load<u8>(p);
      const inObject = (levels & 1) == 1;
      if (after == 0x2c) {
        p = skipSpace(p + 1);
        if (inObject) p = skipKey(p);
        if (p == 0) return 0;
        isOver = false;
      } else {
        if (after != (inObject ? 0x7d : 0x5d)) return 0;
        p++;
        depth--;
        levels >>= 1;
      }
    }
    if (isOver) end = p;
  }
  return end;
}

/** Where the value of the key at p begins; 0: there is no key. */
function skipKey(p: usize): usize {
  if (load<u8>(p) != 0x22) return 0;
  p = skipString(p + 1);
  if (p == 0) return 0;
  p = skipSpace(p);
  return load<u8>(p) == 0x3a ? skipSpace(p + 1) : 0;
}

function skipScalar(p: usize, c: u8): usize {
  if (c == 0x22) return skipString(p + 1);
  if (c == 0x74) return load<u32>(p) == 0x65757274 ? p + 4 : 0;
  if (c == 0x66) return load<u32>(p) == 0x736c6166 && load<u8>(p, 4) == 0x65 ? p + 5 : 0;
  if (c == 0x6e) return load<u32>(p) == 0x6c6c756e ? p + 4 : 0;
  return skipNumber(p);
}
