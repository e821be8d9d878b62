import { BATCH_ROWS_MAX, TidemarkError, type RecordSchema } from "@tidemark/engine/connector";
import type { BatchDecoder, DecodedRecords, UndecodedRecord } from "@tidemark/engine/files";
import { MessageHeader, type RecordBatch } from "apache-arrow";
import { DictionaryMarks } from "./dictionary-marks.ts";
import { emptyBatch } from "./empty-batch.ts";
import { MessageCutter, type ArrowMessage } from "./message-cutter.ts";
import { MessageLoader } from "./message-loader.ts";
import { placeOf, placeTexts, type Place } from "./place.ts";
import { VectorFault } from "./vector-fault.ts";
import { batchColumns, type BatchColumns } from "./batch-columns.ts";

/** What was read of the schema. */
interface Reading {
  readonly message: Uint8Array;
  readonly loader: MessageLoader;
  readonly columns: BatchColumns;
  readonly dictionaries: DictionaryMarks;
}

/** A record batch of which rows are left. */
interface Current {
  readonly batch: RecordBatch;
  /** Where the message after it begins. */
  readonly end: number;
}

/**
 * Decodes the messages of an Arrow stream or file: up to BATCH_ROWS_MAX rows of a record batch at a time, as columns that are views of it where
 * they can be. The offset of a record is its number. An input that ends within a message is one undecoded record; anything else that is not as
 * it should be is TM_SOURCE from `decode`, with where it stands.
 */
export class ArrowDecoder implements BatchDecoder {
  readonly #schema: RecordSchema;
  readonly #input: string;
  readonly #openedAt: number;
  readonly #cutter: MessageCutter;
  #reading: Reading | null = null;
  /** Of the first row that was not decoded yet. */
  #place: Place;
  /** Rows before this place were given in an earlier life: record batches up to there are gone over. Null: it was reached. */
  #resumeAt: Place | null = null;
  /** Rows of the next record batch that were given then. */
  #rowsGiven = 0;
  #current: Current | null = null;
  #batch: DecodedRecords | null = null;
  #isLent = false;
  #hasEnded = false;
  #isEndTold = false;

  /** `header`: as `header` gave it at the offset. */
  constructor(options: { schema: RecordSchema; offset: number; input: string; header: readonly string[] | null }) {
    const { schema, offset, input, header } = options;
    this.#schema = schema;
    this.#input = input;
    this.#openedAt = offset;
    const started = header === null ? null : placeOf(header, input);
    this.#place = started?.place ?? { batchAt: offset, row: 0, records: 0 };
    this.#cutter = new MessageCutter({ offset, input, isFile: started?.isFile ?? null });
    if (started === null) return;
    this.#resumeAt = started.place;
    if (started.schema !== null) this.#begin(started.schema);
  }

  /** Where to read on from: where the message of the next row begins, or the first dictionary that it may need. */
  get nextOffset(): number {
    if (this.#resumeAt !== null) return this.#openedAt;
    return this.#reading?.dictionaries.from ?? this.#place.batchAt;
  }

  get isEmpty(): boolean {
    return this.#batch === null;
  }

  get copiesPieces(): boolean {
    return this.#isLent;
  }

  lend(): void {
    this.#isLent = true;
    this.#cutter.lend();
  }

  /** What a decoder has to know to go on at `nextOffset`; null: nothing. */
  header(): readonly string[] | null {
    const isFile = this.#cutter.isFile;
    if (isFile === null) return null;
    return placeTexts({ isFile, schema: this.#reading?.message ?? null, place: this.#place });
  }

  push(piece: Uint8Array): void {
    this.#cutter.push(piece);
  }

  end(): void {
    this.#hasEnded = true;
  }

  decode(): boolean {
    while (this.#batch === null) {
      if (this.#current !== null) {
        this.#decodeRows(this.#current);
        continue;
      }
      const message = this.#cutter.next();
      if (message !== null) this.#onMessage(message);
      else if (!this.#hasEnded || this.#isEndTold) return false;
      else this.#onEnd();
    }
    return true;
  }

  take(): DecodedRecords {
    const batch = this.#batch ?? emptyBatch(this.#schema, []);
    this.#batch = null;
    return batch;
  }

  #onMessage(message: ArrowMessage): void {
    const { type, offset } = message;
    const isBefore = this.#isBefore(message);
    if (type === MessageHeader.Schema) {
      this.#onSchema(message);
      return;
    }
    const reading = this.#reading;
    if (reading === null)
      throw this.#broken(
        offset,
        this.#cutter.isFile === true
          ? "an Arrow file has its schema at its end only, so it cannot be read compressed: write it as a stream, or leave it as it is"
          : "an Arrow stream has no schema before its records",
      );
    if (type === MessageHeader.DictionaryBatch) {
      this.#tried(offset, "an Arrow dictionary is damaged", () => {
        // A dictionary stays, the piece that it is in may not.
        reading.loader.addDictionary(this.#isLent ? message.bytes.slice() : message.bytes);
        reading.dictionaries.add(message);
      });
    } else if (type === MessageHeader.RecordBatch) {
      if (!isBefore) this.#onRecords(message, reading);
    } else
      throw this.#broken(
        offset,
        `an Arrow message is of the kind ${MessageHeader[type] ?? type}, which has no records`,
      );
  }

  /** Whether a message stands before what is left to read; TM_SOURCE where that began with another message. */
  #isBefore({ type, offset }: ArrowMessage): boolean {
    const resumeAt = this.#resumeAt;
    if (resumeAt === null) return false;
    if (offset < resumeAt.batchAt) return true;
    if (offset > resumeAt.batchAt || (resumeAt.row > 0 && type !== MessageHeader.RecordBatch))
      throw this.#changed(offset);
    this.#resumeAt = null;
    this.#rowsGiven = resumeAt.row;
    return false;
  }

  #onSchema({ bytes, offset }: ArrowMessage): void {
    if (this.#reading === null) this.#begin(bytes.slice(), offset);
    else if (!isEqual(bytes, this.#reading.message))
      throw this.#broken(offset, "an Arrow stream goes on with another schema");
    if (this.#resumeAt === null) this.#place = { ...this.#place, batchAt: this.#cutter.nextOffset };
  }

  #begin(message: Uint8Array, offset: number = this.#cutter.nextOffset): void {
    this.#reading = this.#tried(offset, "the schema of an Arrow input cannot be used", () => {
      const loader = new MessageLoader(message);
      const columns = batchColumns(loader.schema, this.#schema, this.#input);
      return { message, loader, columns, dictionaries: new DictionaryMarks(loader.schema) };
    });
  }

  #onRecords({ bytes, offset }: ArrowMessage, { loader }: Reading): void {
    const batch = this.#tried(offset, "an Arrow record batch is damaged", () => loader.load(bytes));
    const row = this.#rowsGiven;
    if (row > 0 && row >= batch.numRows) throw this.#changed(offset);
    this.#rowsGiven = 0;
    this.#place = { batchAt: offset, row, records: this.#place.records };
    this.#current = { batch, end: this.#cutter.nextOffset };
    if (batch.numRows === 0) this.#goOver(this.#current);
  }

  #decodeRows(current: Current): void {
    const { batchAt, row, records } = this.#place;
    const rows = Math.min(BATCH_ROWS_MAX, current.batch.numRows - row);
    this.#batch = this.#tried(batchAt, "an Arrow record batch is damaged", () =>
      (this.#reading as Reading).columns.read(current.batch, { from: row, rows, first: records }),
    );
    this.#place = { batchAt, row: row + rows, records: records + rows };
    if (row + rows === current.batch.numRows) this.#goOver(current);
  }

  #goOver({ end }: Current): void {
    this.#current = null;
    this.#place = { batchAt: end, row: 0, records: this.#place.records };
  }

  #onEnd(): void {
    this.#isEndTold = true;
    const { isAtEnd, nextOffset, restBytes, isFile } = this.#cutter;
    const end = nextOffset + restBytes;
    const resumeAt = this.#resumeAt;
    const isResumedAtEnd = resumeAt?.isEnd === true && resumeAt.batchAt === end;
    if (resumeAt !== null && !isResumedAtEnd && (resumeAt.batchAt !== nextOffset || resumeAt.row > 0))
      throw this.#changed(nextOffset);
    const isWhole = isAtEnd || (restBytes === 0 && isFile !== true) || isResumedAtEnd;
    if (isWhole) return;
    const why = restBytes > 0 ? "the input ends within it" : "the input ends before the end of the Arrow file";
    const error = new TidemarkError("TM_RECORD", `an Arrow message cannot be decoded: ${why}`, {
      facts: { input: this.#input, offset: nextOffset },
    });
    const { records } = this.#place;
    const invalid: UndecodedRecord = { beforeRow: 0, offset: records, raw: "", error };
    this.#batch = emptyBatch(this.#schema, [invalid]);
    this.#place = { batchAt: end, row: 0, records: records + 1, isEnd: true };
  }

  #tried<T>(offset: number, what: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof TidemarkError) throw error;
      const why = error instanceof VectorFault || error instanceof Error ? error.message : String(error);
      throw this.#broken(offset, `${what}: ${why}`, error);
    }
  }

  #changed(offset: number): TidemarkError {
    return this.#broken(offset, "an Arrow input was changed since it was read up to there");
  }

  #broken(offset: number, why: string, cause?: unknown): TidemarkError {
    return new TidemarkError("TM_SOURCE", `${why}. Replace the file`, {
      ...(cause !== undefined && { cause }),
      facts: { input: this.#input, offset },
    });
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
