import { BATCH_ROWS_MAX } from "../record/batch.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import type { Misfit } from "../record/record-writer.ts";
import { RecordRows, type DecodedRows, type RowsWriter } from "./decoded-rows.ts";
import type { LineColumns } from "./line-columns.ts";
import { recordReader, type RecordReader } from "./record-reader.ts";
import type { RecordCutter } from "./record-cutter.ts";

/** Rows decoded before the first is validated, where one was refused lately: those behind it are decoded again. */
const ROWS_MIN = 4;

/** JSON Lines of a schema that is not trusted: decoded by the kernel, then validated one by one, as objects with their fields in its order. */
export class ValidatedLines implements RowsWriter {
  readonly #schema: RecordSchema;
  readonly #lines: LineColumns;
  readonly #rows: RecordRows;
  readonly #read: RecordReader;
  #rowsAhead = BATCH_ROWS_MAX;

  constructor(schema: RecordSchema, lines: LineColumns) {
    this.#schema = schema;
    this.#lines = lines;
    this.#rows = new RecordRows(schema.layout);
    this.#read = recordReader(schema.layout);
    lines.lend();
  }

  get length(): number {
    return this.#rows.length;
  }

  append(record: unknown, offset: number): Misfit | null {
    return this.#rows.append(record, offset);
  }

  take(): DecodedRows {
    return this.#rows.take();
  }

  decode(cutter: RecordCutter, { rows, bytes }: { readonly rows: number; readonly bytes: number }): number {
    const start = cutter.nextOffset;
    let isMore = true;
    while (isMore) {
      const left = rows - this.#rows.length;
      const asked = Math.min(left, this.#rowsAhead);
      this.#lines.decode(cutter, { rows: asked, bytes: bytes - (cutter.nextOffset - start) });
      const decoded = this.#lines.length;
      const isRefused = decoded > 0 && !this.#validate(decoded, cutter);
      isMore = !isRefused && decoded === asked && asked < left && cutter.nextOffset - start < bytes;
    }
    return cutter.nextOffset - start;
  }

  /** False: a row was refused, and the cutter is before it again: it has to be decoded by itself. */
  #validate(length: number, cutter: RecordCutter): boolean {
    const { columns, offsets } = this.#lines.take();
    const recordAt = this.#read(columns, length);
    for (let row = 0; row < length; row++) {
      const offset = offsets[row] as number;
      const result = this.#schema.validate(recordAt(row));
      if (result.ok && this.#rows.append(result.value, offset) === null) continue;
      cutter.skip(offset - cutter.nextOffset);
      this.#rowsAhead = Math.max(ROWS_MIN, row >> 1);
      return false;
    }
    this.#rowsAhead = Math.min(this.#rowsAhead * 2, BATCH_ROWS_MAX);
    return true;
  }
}
