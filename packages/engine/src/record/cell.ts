import { PRESENCE, type Column, type DictionaryColumn, type Utf8Column } from "./column.ts";
import { decodeUtf8 } from "./wtf8.ts";

/** The value of one cell: null or undefined where presence says so. */
export function cellOf(column: Column, row: number): unknown {
  const presence = column.presence === null ? PRESENCE.present : column.presence[row];
  if (presence !== PRESENCE.present) return presence === PRESENCE.null ? null : undefined;
  switch (column.kind) {
    case "boolean":
      return column.values[row] === 1;
    case "utf8":
      return column.strings[row] ?? readString(column, row);
    case "dictionary":
      return dictionaryEntry(column, row);
    default:
      return column.values[row];
  }
}

/** Strings are decoded this many at once, which also bounds the text that one of them keeps alive. */
const CHUNK_ROWS = 64;
/** A text around cells may have this many bytes for each of theirs. */
const CHUNK_WASTE_MAX = 8;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes a string cell from its bytes and keeps it for the next reader; where rows are read one after another, also the next ones. */
export function readString(column: Utf8Column, row: number): string {
  const { strings } = column;
  if (row > 0 && strings[row - 1] !== undefined && (row === 1 || strings[row - 2] !== undefined)) {
    const to = Math.min(row + CHUNK_ROWS, column.lengths.length);
    if (readAscii(column, row, to)) return strings[row] as string;
    for (let next = row; next < to; next++) if ((column.lengths[next] as number) >= 0) readAlone(column, next);
  }
  return strings[row] ?? readAlone(column, row);
}

function readAlone(column: Utf8Column, row: number): string {
  const known = column.strings[row];
  if (known !== undefined) return known;
  const text = decodeUtf8(column.bytes, column.offsets[row] ?? 0, column.lengths[row] ?? 0);
  column.strings[row] = text;
  return text;
}

/** Cuts the strings of rows out of one text; false where they are not ASCII, or too far apart. */
function readAscii({ bytes, offsets, lengths, strings }: Utf8Column, from: number, to: number): boolean {
  let begin = bytes.length;
  let end = 0;
  let used = 0;
  for (let row = from; row < to; row++) {
    const size = lengths[row] as number;
    if (size <= 0) continue;
    const offset = offsets[row] as number;
    if (offset < begin) begin = offset;
    if (offset + size > end) end = offset + size;
    used += size;
  }
  if (end > bytes.length || end - begin > used * CHUNK_WASTE_MAX) return false;
  const text = end > begin ? decoder.decode(bytes.subarray(begin, end)) : "";
  // Every character has a byte of its own only where all of them are ASCII; what is no UTF-8 between the cells moves none.
  if (text.length !== Math.max(0, end - begin)) return false;
  for (let row = from; row < to; row++) {
    const size = lengths[row] as number;
    if (size < 0 || strings[row] !== undefined) continue;
    const at = (offsets[row] as number) - begin;
    strings[row] = size === 0 ? "" : text.substring(at, at + size);
  }
  return true;
}

function dictionaryEntry(column: DictionaryColumn, row: number): string | undefined {
  return column.dictionary[column.values[row] ?? -1];
}
