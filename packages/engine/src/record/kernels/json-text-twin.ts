import { skipNumber } from "./json-number-twin.ts";

/** Twin of kernels/assembly/json-text.ts. */

const DEPTH_MAX = 60;

/** After spaces, tabs and carriage returns; a line feed ends the record. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let p = at;
  let c = bytes[p];
  while (c === 0x20 || c === 0x09 || c === 0x0d) c = bytes[++p];
  return p;
}

/** After the colon of a key at p; 0: there is no string without escapes, or no colon. */
export function keyEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0x22) return 0;
  const close = plainStringEnd(bytes, at + 1);
  if (close === 0) return 0;
  const p = skipSpace(bytes, close + 1);
  return bytes[p] === 0x3a ? p + 1 : 0;
}

/** The closing quote of a string that begins at p; 0: an escape, a control character or no UTF-8 comes before. */
export function plainStringEnd(bytes: Uint8Array, at: number): number {
  let p = at;
  for (;;) {
    const c = bytes[p] as number;
    if (c === 0x22) return p;
    if (c < 0x20 || c === 0x5c) return 0;
    if (c < 0x80) {
      p++;
      continue;
    }
    const length = sequenceLength(bytes, p);
    if (length === 0) return 0;
    p += length;
  }
}

/** Where `copyString` wrote last. */
export interface CopyEnd {
  at: number;
}

/** The letters of escapes of two that stand for another character. */
const UNESCAPED: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

/**
 * The closing quote of a string that begins at p, which is copied to `to.at` without its escapes; sets that to the end of the copy.
 * 0: what is no string, or none that UTF-8 can hold. The copy is never longer.
 */
export function copyString(bytes: Uint8Array, at: number, to: CopyEnd): number {
  let p = at;
  for (;;) {
    const c = bytes[p] as number;
    if (c === 0x22) return p;
    if (c < 0x20) return 0;
    if (c !== 0x5c) {
      const length = c < 0x80 ? 1 : sequenceLength(bytes, p);
      if (length === 0) return 0;
      for (let i = 0; i < length; i++) bytes[to.at++] = bytes[p++] as number;
      continue;
    }
    const length = escapeLength(bytes, p);
    if (length === 2) {
      const escaped = bytes[p + 1] as number;
      bytes[to.at++] = UNESCAPED.get(escaped) ?? escaped;
      p += 2;
    } else {
      p = length === 0 ? 0 : copyCodePoint(bytes, p, to);
      if (p === 0) return 0;
    }
  }
}

/** UTF-8 of the escape of six at p, or of two that make one character: after them; 0: half a pair. */
function copyCodePoint(bytes: Uint8Array, at: number, to: CopyEnd): number {
  const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
  let text = String.fromCharCode(hexUnit(bytes, at + 2));
  let p = at + 6;
  if (isHigh(text.charCodeAt(0)) && bytes[p] === 0x5c && bytes[p + 1] === 0x75 && escapeLength(bytes, p) === 6) {
    text += String.fromCharCode(hexUnit(bytes, p + 2));
    p += 6;
  }
  if (!text.isWellFormed()) return 0;
  for (const byte of new TextEncoder().encode(text)) bytes[to.at++] = byte;
  return p;
}

function hexUnit(bytes: Uint8Array, p: number): number {
  return Number.parseInt(String.fromCharCode(...bytes.subarray(p, p + 4)), 16);
}

/** Bytes of the well-formed UTF-8 sequence beyond ASCII at p; 0: it is none. */
function sequenceLength(bytes: Uint8Array, p: number): number {
  const lead = bytes[p] as number;
  const second = bytes[p + 1] as number;
  if (lead < 0xc2 || lead > 0xf4 || !isContinuation(second)) return 0;
  if (lead < 0xe0) return 2;
  if (!isContinuation(bytes[p + 2] as number)) return 0;
  if (lead < 0xf0) {
    if (lead === 0xe0 && second < 0xa0) return 0;
    return lead === 0xed && second > 0x9f ? 0 : 3;
  }
  if (!isContinuation(bytes[p + 3] as number)) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  return lead === 0xf4 && second > 0x8f ? 0 : 4;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** After the string that begins at p, escapes and all; 0: it is none. */
function skipString(bytes: Uint8Array, at: number): number {
  let p = at;
  for (;;) {
    const c = bytes[p] as number;
    if (c === 0x22) return p + 1;
    if (c < 0x20) return 0;
    const length = c === 0x5c ? escapeLength(bytes, p) : c < 0x80 ? 1 : sequenceLength(bytes, p);
    if (length === 0) return 0;
    p += length;
  }
}

function escapeLength(bytes: Uint8Array, p: number): number {
  const c = bytes[p + 1] as number;
  if (c !== 0x75) return '"\\/bfnrt'.includes(String.fromCharCode(c)) ? 2 : 0;
  for (let i = 2; i < 6; i++) if (!isHex(bytes[p + i] as number)) return 0;
  return 6;
}

function isHex(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66);
}

/** After any JSON value at p, checked as JSON.parse would; 0: it is none, or nested deeper than is looked at. */
export function skipValue(bytes: Uint8Array, at: number): number {
  let p = at;
  const levels: boolean[] = [];
  for (;;) {
    const c = bytes[p] as number;
    const isObject = c === 0x7b;
    if (isObject || c === 0x5b) {
      p = skipSpace(bytes, p + 1);
      if (bytes[p] === (isObject ? 0x7d : 0x5d)) {
        p++;
      } else {
        if (levels.push(isObject) > DEPTH_MAX) return 0;
        if (isObject) p = skipKey(bytes, p);
        if (p === 0) return 0;
        continue;
      }
    } else {
      p = skipScalar(bytes, p);
      if (p === 0) return 0;
    }
    p = closeLevels(bytes, p, levels);
    if (p === 0 || levels.length === 0) return p;
  }
}

/** After a value: closes the levels that end here and gives where the next value begins; 0: neither a comma nor an end. */
function closeLevels(bytes: Uint8Array, at: number, levels: boolean[]): number {
  let p = at;
  while (levels.length > 0) {
    p = skipSpace(bytes, p);
    const isObject = levels.at(-1) === true;
    if (bytes[p] === 0x2c) {
      p = skipSpace(bytes, p + 1);
      return isObject ? skipKey(bytes, p) : p;
    }
    if (bytes[p] !== (isObject ? 0x7d : 0x5d)) return 0;
    p++;
    levels.pop();
  }
  return p;
}

/** Where the value of the key at p begins; 0: there is no key. */
function skipKey(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0x22) return 0;
  const end = skipString(bytes, at + 1);
  if (end === 0) return 0;
  const p = skipSpace(bytes, end);
  return bytes[p] === 0x3a ? skipSpace(bytes, p + 1) : 0;
}

function skipScalar(bytes: Uint8Array, p: number): number {
  const c = bytes[p];
  if (c === 0x22) return skipString(bytes, p + 1);
  for (const word of LITERALS) if (c === word[0]) return literalEnd(bytes, p, word);
  return skipNumber(bytes, p);
}

/** Bytes of the literals. */
export const TRUE: Uint8Array = new TextEncoder().encode("true");
export const FALSE: Uint8Array = new TextEncoder().encode("false");
export const NULL: Uint8Array = new TextEncoder().encode("null");
const LITERALS = [TRUE, FALSE, NULL];

/** After the word at p; 0: it is not there. */
export function literalEnd(bytes: Uint8Array, p: number, word: Uint8Array): number {
  for (let i = 0; i < word.length; i++) if (bytes[p + i] !== word[i]) return 0;
  return p + word.length;
}
