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

/** Decodes a string cell from its bytes and keeps it for the next reader. */
export function readString(column: Utf8Column, row: number): string {
  const text = decodeUtf8(column.bytes, column.offsets[row] ?? 0, column.lengths[row] ?? 0);
  column.strings[row] = text;
  return text;
}

function dictionaryEntry(column: DictionaryColumn, row: number): string | undefined {
  return column.dictionary[column.values[row] ?? -1];
}
