import type { Field } from "../../record/layout.ts";
import { PRESENCE } from "../../record/column.ts";
import { encodeWtf8 } from "../../record/wtf8.ts";
import type { FieldPlace } from "./field-places.ts";
import type { RecordForm } from "./record-form.ts";
import type { Chunk } from "./value-arena.ts";

/** First byte of an encoded value that is MessagePack as it is; frozen, docs/format.md. */
const PLAIN = 1;
/** Names that the value codec escapes. */
const ESCAPED_NAMES = new Set(["__proto__", "constructor", "toJSON"]);
/** Most bytes that MessagePack puts in front of anything here. */
const HEAD_MAX = 9;

interface Heads {
  readonly short: number;
  readonly shortMax: number;
  /** 0: there is none. */
  readonly of8: number;
  readonly of16: number;
  readonly of32: number;
}

const MAP_HEADS: Heads = { short: 0x80, shortMax: 15, of8: 0, of16: 0xde, of32: 0xdf };
const TEXT_HEADS: Heads = { short: 0xa0, shortMax: 31, of8: 0xd9, of16: 0xda, of32: 0xdb };

let buffer = new Uint8Array(4_096);
let view = new DataView(buffer.buffer);
let end = 0;

const packedNames = new Map<string, Uint8Array | null>();

/**
 * The bytes that the value codec makes of a kept record, without making the record; null where it has something that MessagePack cannot hold
 * as it is, and only the codec knows how to. Valid until the next call.
 */
export function packRecord(form: RecordForm, chunk: Chunk, base: number): Uint8Array | null {
  const { places, fixedBytes } = form;
  let count = 0;
  for (const place of places) if (presenceOf(place, chunk, base) !== PRESENCE.absent) count++;
  end = 0;
  reserve(HEAD_MAX);
  buffer[end++] = PLAIN;
  putHead(count, MAP_HEADS);
  let textAt = base + fixedBytes;
  let partAt = partsOf(form, chunk, base);
  for (const place of places) {
    const { kind } = place.field;
    const length = chunk.ints[(base + place.at) >> 2] as number;
    const presence = presenceOf(place, chunk, base);
    const isText = kind === "utf8" || kind === "dictionary";
    if (presence !== PRESENCE.absent) {
      const name = packedName(place.field.name);
      if (name === null) return null;
      put(name, 0, name.length);
    }
    if (presence === PRESENCE.null) putByte(0xc0);
    else if (presence === PRESENCE.present) {
      if (isText) {
        // The library drops a byte-order mark.
        if (chunk.bytes[textAt] === 0xef && chunk.bytes[textAt + 1] === 0xbb && length > 2) return null;
        putText(chunk.bytes, textAt, length);
      } else if (kind === "json") {
        if (chunk.bytes[partAt] !== PLAIN) return null;
        put(chunk.bytes, partAt + 1, length - 1);
      } else if (!putScalar(kind, chunk, base + place.at)) return null;
    }
    if (isText) textAt += length;
    else if (kind === "json") partAt += length;
  }
  return buffer.subarray(0, end);
}

function presenceOf({ presenceAt }: FieldPlace, chunk: Chunk, base: number): number {
  return presenceAt < 0 ? PRESENCE.present : (chunk.bytes[base + presenceAt] as number);
}

/** Where the nested parts of a block begin. */
function partsOf({ places, fixedBytes }: RecordForm, chunk: Chunk, base: number): number {
  let text = 0;
  for (const { field, at } of places) {
    if (field.kind === "utf8" || field.kind === "dictionary") text += chunk.ints[(base + at) >> 2] as number;
  }
  return base + fixedBytes + ((text + 3) & ~3);
}

function packedName(name: string): Uint8Array | null {
  let packed = packedNames.get(name);
  if (packed === undefined) {
    packed = packName(name);
    packedNames.set(name, packed);
  }
  return packed;
}

function packName(name: string): Uint8Array | null {
  if (ESCAPED_NAMES.has(name) || !name.isWellFormed() || name.startsWith("\ufeff")) return null;
  const utf8 = encodeWtf8(name);
  const begin = end;
  putText(utf8, 0, utf8.length);
  const packed = buffer.slice(begin, end);
  end = begin;
  return packed;
}

/** False for -0. */
function putScalar(kind: Exclude<Field["kind"], "utf8" | "dictionary" | "json">, chunk: Chunk, at: number): boolean {
  if (kind === "boolean") {
    putByte(chunk.bytes[at] === 1 ? 0xc3 : 0xc2);
    return true;
  }
  const value = (kind === "float64" ? chunk.floats[at >> 3] : chunk.ints[at >> 2]) as number;
  if (Object.is(value, -0)) return false;
  reserve(HEAD_MAX);
  if ((value | 0) !== value) {
    buffer[end] = 0xcb;
    view.setFloat64(end + 1, value);
    end += 9;
  } else if (value >= 0 && value < 0x80) {
    buffer[end++] = value;
  } else {
    buffer[end] = 0xd2;
    view.setInt32(end + 1, value);
    end += 5;
  }
  return true;
}

function putText(bytes: Uint8Array, at: number, length: number): void {
  reserve(HEAD_MAX);
  putHead(length, TEXT_HEADS);
  put(bytes, at, length);
}

function putHead(length: number, { short, shortMax, of8, of16, of32 }: Heads): void {
  if (length <= shortMax) {
    buffer[end++] = short | length;
  } else if (length < 0x100 && of8 !== 0) {
    buffer[end++] = of8;
    buffer[end++] = length;
  } else if (length < 0x1_0000) {
    buffer[end++] = of16;
    view.setUint16(end, length);
    end += 2;
  } else {
    buffer[end++] = of32;
    view.setUint32(end, length);
    end += 4;
  }
}

function putByte(byte: number): void {
  reserve(1);
  buffer[end++] = byte;
}

function put(bytes: Uint8Array, at: number, length: number): void {
  reserve(length);
  if (length > 48) buffer.set(bytes.subarray(at, at + length), end);
  else for (let i = 0; i < length; i++) buffer[end + i] = bytes[at + i] as number;
  end += length;
}

function reserve(more: number): void {
  if (end + more <= buffer.length) return;
  const grown = new Uint8Array(Math.max(buffer.length * 2, end + more));
  grown.set(buffer.subarray(0, end));
  buffer = grown;
  view = new DataView(grown.buffer);
}
