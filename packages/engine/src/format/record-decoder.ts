import { TidemarkError } from "../foundation/error.ts";
import { BATCH_ROWS_MAX } from "../record/batch.ts";
import type { Column } from "../record/column.ts";
import type { RecordLayout } from "../record/layout.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { RecordRows, type RowsWriter } from "./decoded-rows.ts";
import { RECORD_BYTES_MAX, type RecordCutter } from "./record-cutter.ts";

/** Input bytes after which a batch is full even if it has few rows: bounds the work of one `decode`. */
const BATCH_BYTES_MAX = 1_024 * 1_024;

/** Characters of an invalid record that are kept for messages. */
const RAW_CHARACTERS_MAX = 4_096;

/** Decoded records by column, with those that could not be decoded. */
export interface DecodedRecords {
  readonly layout: RecordLayout;
  readonly length: number;
  readonly columns: readonly Column[];
  /** Per row the stream offset of its first byte. */
  readonly offsets: Float64Array;
  readonly invalid: readonly UndecodedRecord[];
}

/** A record that could not be decoded or validated; it stood before row `beforeRow`. */
export interface UndecodedRecord {
  readonly beforeRow: number;
  readonly offset: number;
  /** Its text, cut to 4 KiB. */
  readonly raw: string;
  /** TM_RECORD. */
  readonly error: TidemarkError;
}

/** How the text of one record becomes a value. */
export interface RecordSyntax {
  /** The value for the schema; a Malformed that says what is wrong; NO_RECORD for a text that is none. */
  decode(text: string): unknown;
  /** A second reading of the text decoded last, tried where the schema refuses the first one. */
  secondReading?(): unknown;
  /** Told that a record has no text to decode; throws if the records after it could not be understood without it. */
  unreadable?(why: string): void;
}

/** What a syntax gives for a text that it cannot read. */
export class Malformed {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** What a syntax gives for a text that is not a record, such as an empty line. */
export const NO_RECORD: unique symbol = Symbol("no record");

/**
 * Decodes a stream of bytes into batches of columns. The order of calls: `push` a piece, `decode` until it says false, `push` the next;
 * `end` after the last, then `decode` once more. `take` gives what was decoded at any time between.
 */
export class RecordDecoder {
  readonly copiesPieces = true;
  readonly #cutter: RecordCutter;
  readonly #syntax: RecordSyntax;
  readonly #schema: RecordSchema;
  readonly #rows: RowsWriter;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #invalid: UndecodedRecord[] = [];
  #decodedBytes = 0;

  constructor(options: { cutter: RecordCutter; syntax: RecordSyntax; schema: RecordSchema; rows?: RowsWriter | null }) {
    this.#cutter = options.cutter;
    this.#syntax = options.syntax;
    this.#schema = options.schema;
    this.#rows = options.rows ?? new RecordRows(options.schema.layout);
  }

  /** Stream offset of the first record that was not decoded yet. */
  get nextOffset(): number {
    return this.#cutter.nextOffset;
  }

  /** True: nothing decoded waits to be taken. */
  get isEmpty(): boolean {
    return this.#rows.length === 0 && this.#invalid.length === 0;
  }

  lend(): void {
    this.#rows.lend?.();
  }

  push(piece: Uint8Array): void {
    this.#cutter.push(piece);
  }

  end(): void {
    this.#cutter.end();
  }

  /** Decodes until the batch is full (true: take it) or what was pushed is used up (false). */
  decode(): boolean {
    while (!this.#isFull()) {
      const limits = { rows: BATCH_ROWS_MAX - this.#invalid.length, bytes: BATCH_BYTES_MAX - this.#decodedBytes };
      this.#decodedBytes += this.#rows.decode(this.#cutter, limits);
      if (this.#isFull()) return true;
      if (!this.#cutter.next()) return false;
      this.#decodedBytes += this.#cutter.nextOffset - this.#cutter.offset;
      this.#decodeRecord();
    }
    return true;
  }

  /** What was decoded since the last call. */
  take(): DecodedRecords {
    const { length } = this.#rows;
    const { columns, offsets } = this.#rows.take();
    const batch: DecodedRecords = { layout: this.#schema.layout, length, columns, offsets, invalid: this.#invalid };
    this.#invalid = [];
    this.#decodedBytes = 0;
    return batch;
  }

  #isFull(): boolean {
    const records = this.#rows.length + this.#invalid.length;
    return records >= BATCH_ROWS_MAX || (records > 0 && this.#decodedBytes >= BATCH_BYTES_MAX);
  }

  #decodeRecord(): void {
    const cutter = this.#cutter;
    if (cutter.isOversize) {
      this.#refuseBytes(`the record is longer than ${RECORD_BYTES_MAX / 1_024 / 1_024} MiB`);
      return;
    }
    let text: string;
    try {
      text = this.#utf8.decode(withoutByteOrderMark(cutter));
    } catch (error) {
      this.#refuseBytes("the record is not valid UTF-8", error);
      return;
    }
    const value = this.#syntax.decode(text);
    if (value === NO_RECORD) return;
    const why = value instanceof Malformed ? value.why : this.#accept(value);
    if (why !== null) this.#refuse(why);
  }

  /** Writes a value as a row; gives what is wrong with it instead if the schema or the columns refuse it. */
  #accept(value: unknown): string | null {
    const why = this.#write(value);
    if (why === null || this.#syntax.secondReading === undefined) return why;
    return this.#write(this.#syntax.secondReading()) === null ? null : why;
  }

  #write(value: unknown): string | null {
    let record = value;
    if (!this.#schema.trust) {
      const result = this.#schema.validate(value);
      if (!result.ok) return `the record does not fit the schema: ${result.issues}`;
      record = result.value;
    }
    const misfit = this.#rows.append(record, this.#cutter.offset);
    return misfit === null ? null : `the record does not fit its columns: ${misfit.message}`;
  }

  #refuseBytes(why: string, cause?: unknown): void {
    this.#syntax.unreadable?.(why);
    this.#refuse(why, cause);
  }

  #refuse(why: string, cause?: unknown): void {
    const { bytes, offset } = this.#cutter;
    const raw = new TextDecoder().decode(bytes.subarray(0, RAW_CHARACTERS_MAX));
    this.#invalid.push({
      beforeRow: this.#rows.length,
      offset,
      raw,
      error: new TidemarkError("TM_RECORD", why, { cause }),
    });
  }
}

/** The bytes of the current record, without the mark that may stand at the beginning of a file. */
function withoutByteOrderMark({ bytes, offset }: RecordCutter): Uint8Array {
  const hasMark = offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? bytes.subarray(3) : bytes;
}
