import { BATCH_ROWS_MAX } from "./batch.ts";
import { byteKeys } from "./byte-keys.ts";
import type { Column, DictionaryColumn, Utf8Column } from "./column.ts";
import { KEY_TAGS, writeIntegerWords, writeWord } from "./key-bytes.ts";
import { KEY_BYTES_MAX } from "./key-codec.ts";
import type { KeyColumn } from "./key-column.ts";
import { KEY_MEMORY_BYTES, keyKernels } from "./key-kernels.ts";

const NUMBER_BYTES = 9;

/** Where the next part of each row goes. */
const next = new Int32Array(BATCH_ROWS_MAX);

/**
 * The keys of the first `length` rows, which are the cells of one column or, as tuples, of several, written column by column. Null where
 * that cannot be done and each key is written alone: cells that are absent, null or no part of a key; text of user code that is not
 * ASCII; a zero in the text of a tuple; long keys, long batches.
 */
export function canonicalColumns(columns: readonly Column[], isTuple: boolean, length: number): KeyColumn | null {
  if (length > BATCH_ROWS_MAX || columns.some(({ presence }) => presence !== null)) return null;
  const bytesAt = length * 12;
  next.fill(isTuple ? 1 : 0, 0, length);
  for (const column of columns) if (!addLengths(column, isTuple, next, length)) return null;
  const total = totalOf(next, length);
  const room = total < 0 ? null : keyKernels(bytesAt + total);
  if (room === null) return null;
  const { bytes, int32 } = room.memory.views();
  placeKeys(int32, next, length);
  if (isTuple) writeTags(bytes, next, bytesAt, length);
  else for (let row = 0; row < length; row++) next[row] = bytesAt + (next[row] as number);
  for (const column of columns) if (!writeParts(column, isTuple, bytes, next, length)) return null;
  room.kernels.hashBytes(bytesAt, 0, length * 4, length, length * 8);
  const words = int32.slice(0, length * 3);
  return byteKeys({
    bytes: bytes.slice(bytesAt, bytesAt + total),
    offsets: words.subarray(0, length),
    lengths: words.subarray(length, length * 2),
    hashes: new Uint32Array(words.buffer, length * 8, length),
  });
}

/** Adds the bytes of a column's parts to those of each row; false where the column is no part of a key, or its text is long. */
function addLengths(column: Column, isTuple: boolean, sizes: Int32Array, length: number): boolean {
  const around = isTuple ? 2 : 1;
  switch (column.kind) {
    case "int32":
    case "float64":
      for (let row = 0; row < length; row++) sizes[row] = (sizes[row] as number) + NUMBER_BYTES;
      return true;
    case "boolean":
      for (let row = 0; row < length; row++) sizes[row] = (sizes[row] as number) + 1;
      return true;
    case "utf8":
      return addTextLengths(column, around, sizes, length);
    case "dictionary":
      for (let row = 0; row < length; row++) sizes[row] = (sizes[row] as number) + entryOf(column, row).length + around;
      return true;
    case "json":
      return false;
  }
}

function addTextLengths(column: Utf8Column, around: number, sizes: Int32Array, length: number): boolean {
  const { lengths, strings } = column;
  for (let row = 0; row < length; row++) {
    let size = lengths[row] as number;
    if (size < 0) size = (strings[row] as string).length;
    if (size > KEY_BYTES_MAX) return false;
    sizes[row] = (sizes[row] as number) + size + around;
  }
  return true;
}

/** The bytes of all keys; -1 where there are too many, or in one key. */
function totalOf(sizes: Int32Array, length: number): number {
  let total = 0;
  for (let row = 0; row < length; row++) {
    if ((sizes[row] as number) > KEY_BYTES_MAX) return -1;
    total += sizes[row] as number;
  }
  return total > KEY_MEMORY_BYTES ? -1 : total;
}

/** Turns sizes into places, one behind the other, and writes offsets and lengths. */
function placeKeys(words: Int32Array, sizes: Int32Array, length: number): void {
  let total = 0;
  for (let row = 0; row < length; row++) {
    const size = sizes[row] as number;
    words[row] = total;
    words[length + row] = size;
    sizes[row] = total;
    total += size;
  }
}

function writeTags(bytes: Uint8Array, next: Int32Array, bytesAt: number, length: number): void {
  for (let row = 0; row < length; row++) {
    const at = bytesAt + (next[row] as number);
    bytes[at] = KEY_TAGS.tuple;
    next[row] = at + 1;
  }
}

/** Writes a column's parts where the rows' next ones go; false where one cannot be written so. */
function writeParts(column: Column, isTuple: boolean, bytes: Uint8Array, next: Int32Array, length: number): boolean {
  switch (column.kind) {
    case "int32":
      return writeInts(column.values, bytes, next, length);
    case "float64":
      return writeFloats(column.values, bytes, next, length);
    case "boolean":
      for (let row = 0; row < length; row++) {
        const at = next[row] as number;
        bytes[at] = column.values[row] === 1 ? KEY_TAGS.true : KEY_TAGS.false;
        next[row] = at + 1;
      }
      return true;
    case "utf8":
      return writeTexts(column, isTuple, bytes, next, length);
    case "dictionary":
      for (let row = 0; row < length; row++)
        if (!writeString(entryOf(column, row), isTuple, bytes, next, row)) return false;
      return true;
    case "json":
      return false;
  }
}

function writeInts(values: Int32Array, bytes: Uint8Array, next: Int32Array, length: number): true {
  for (let row = 0; row < length; row++) {
    const at = next[row] as number;
    const low = values[row] as number;
    writeIntegerWords(bytes, at, low >> 31, low);
    next[row] = at + NUMBER_BYTES;
  }
  return true;
}

const FLOAT = new Float64Array(1);
const FLOAT_WORDS = new Uint32Array(FLOAT.buffer);
/** Which word of a float is the high one here. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

function writeFloats(values: Float64Array, bytes: Uint8Array, next: Int32Array, length: number): true {
  for (let row = 0; row < length; row++) {
    const at = next[row] as number;
    const value = values[row] as number;
    next[row] = at + NUMBER_BYTES;
    if (Number.isSafeInteger(value)) {
      const low = value | 0;
      writeIntegerWords(bytes, at, low === value ? low >> 31 : Math.floor(value / 0x1_0000_0000), low);
      continue;
    }
    // As the key codec has it: one NaN, all bits flipped of what is below zero, the sign of what is not.
    FLOAT[0] = value;
    const isNaN = value !== value;
    const flip = value < 0 ? -1 : 0;
    bytes[at] = KEY_TAGS.float;
    writeWord(
      bytes,
      at + 1,
      (isNaN ? 0x7ff8_0000 : (FLOAT_WORDS[HIGH] as number) ^ flip) ^ (flip === 0 ? 0x8000_0000 : 0),
    );
    writeWord(bytes, at + 5, isNaN ? 0 : (FLOAT_WORDS[1 - HIGH] as number) ^ flip);
  }
  return true;
}

function writeTexts(
  column: Utf8Column,
  isTuple: boolean,
  bytes: Uint8Array,
  next: Int32Array,
  length: number,
): boolean {
  const { bytes: from, offsets, lengths, strings } = column;
  for (let row = 0; row < length; row++) {
    const size = lengths[row] as number;
    if (size < 0) {
      if (!writeString(strings[row] as string, isTuple, bytes, next, row)) return false;
      continue;
    }
    const start = offsets[row] as number;
    let at = next[row] as number;
    bytes[at++] = KEY_TAGS.string;
    let least = 1;
    for (let i = 0; i < size; i++) {
      const byte = from[start + i] as number;
      bytes[at++] = byte;
      least = Math.min(least, byte);
    }
    if (isTuple) {
      if (least === 0) return false;
      bytes[at++] = 0;
    }
    next[row] = at;
  }
  return true;
}

/** False where it is not ASCII, or has a zero where that takes two bytes. */
function writeString(text: string, isTuple: boolean, bytes: Uint8Array, next: Int32Array, row: number): boolean {
  let at = next[row] as number;
  bytes[at++] = KEY_TAGS.string;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80 || (code === 0 && isTuple)) return false;
    bytes[at++] = code;
  }
  if (isTuple) bytes[at++] = 0;
  next[row] = at;
  return true;
}

function entryOf(column: DictionaryColumn, row: number): string {
  return column.dictionary[column.values[row] as number] as string;
}
