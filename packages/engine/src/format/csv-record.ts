import type { RecordEnd } from "./record-cutter.ts";

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/** Where the scan of a record stands; `after quote` is behind a quote inside quotes: the end of them, or half of an escaped one. */
type Scan = "field start" | "unquoted" | "quoted" | "after quote";

/** A CSV record ends with a line feed outside quotes; quotes open only at the beginning of a field (RFC 4180). */
export class CsvRecordEnd implements RecordEnd {
  readonly #delimiter: number;
  #scan: Scan = "field start";
  /** Bytes of a byte order mark still possible; it does not count as the beginning of a field. */
  #markAt: number;

  constructor(options: { delimiter: string; isStreamStart: boolean }) {
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#markAt = options.isStreamStart ? 0 : BYTE_ORDER_MARK.length;
  }

  find(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      const byte = bytes[at] as number;
      if (this.#scan === "quoted") {
        const quote = bytes.indexOf(QUOTE, at);
        if (quote === -1) return -1;
        this.#scan = "after quote";
        at = quote + 1;
        continue;
      }
      at++;
      if (this.#markAt < BYTE_ORDER_MARK.length) {
        if (byte === BYTE_ORDER_MARK[this.#markAt]) {
          this.#markAt++;
          continue;
        }
        this.#markAt = BYTE_ORDER_MARK.length;
      }
      if (byte === LINE_FEED) {
        this.#scan = "field start";
        return at;
      }
      if (byte === QUOTE) this.#scan = this.#scan === "unquoted" ? "unquoted" : "quoted";
      else this.#scan = byte === this.#delimiter ? "field start" : "unquoted";
    }
    return -1;
  }
}

/** One cell: its text and whether it stood in quotes, which tells an empty string from nothing. */
export interface CsvCell {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** The cells of one record without its line end; a text says what is wrong with it instead. */
export function parseCsvRecord(record: string, delimiter: string): readonly CsvCell[] | string {
  const cells: CsvCell[] = [];
  let at = 0;
  for (;;) {
    if (record.charCodeAt(at) === QUOTE) {
      const end = closingQuote(record, at + 1);
      if (end === -1) return `the quote that opens cell ${cells.length + 1} is never closed`;
      cells.push({ text: record.slice(at + 1, end).replaceAll('""', '"'), isQuoted: true });
      at = end + 1;
      if (at < record.length && record[at] !== delimiter)
        return `text follows the closing quote of cell ${cells.length}`;
    } else {
      const next = record.indexOf(delimiter, at);
      const text = record.slice(at, next === -1 ? record.length : next);
      if (text.includes('"'))
        return `cell ${cells.length + 1} has a quote but does not begin with one: put the cell in quotes and double those inside`;
      if (text.includes("\r")) return `cell ${cells.length + 1} has a bare carriage return: put the cell in quotes`;
      cells.push({ text, isQuoted: false });
      at += text.length;
    }
    if (at >= record.length) return cells;
    at++;
  }
}

/** Index of the quote that closes a cell opened before `from`; two quotes in a row are one of its text. */
function closingQuote(record: string, from: number): number {
  let at = from;
  for (;;) {
    const quote = record.indexOf('"', at);
    if (quote === -1 || record[quote + 1] !== '"') return quote;
    at = quote + 2;
  }
}

/** Text of a cell as CSV: in quotes where the text needs them. */
export function csvCell(text: string, delimiter: string): string {
  const needsQuotes =
    text === "" || text.includes('"') || text.includes(delimiter) || /[\r\n]|^\s|\s$|^\ufeff/.test(text);
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}
