import { BATCH_ROWS_MAX } from "../record/batch.ts";
import type { Column } from "../record/column.ts";
import { declaredWriter } from "../record/declared-writer.ts";
import type { RecordLayout } from "../record/layout.ts";
import type { Misfit, RecordSink } from "../record/record-writer.ts";
import type { RecordCutter } from "./record-cutter.ts";

/** Decoded rows: their columns, and the stream offset of each row's first byte. */
export interface DecodedRows {
  readonly columns: readonly Column[];
  readonly offsets: Float64Array;
}

/** Takes records one by one, and many at once where that gives the same. */
export interface RowsWriter {
  /** Rows since the last `take`. */
  readonly length: number;
  append(record: unknown, offset: number): Misfit | null;
  take(): DecodedRows;
  /** From now on what is taken is done with before the next call. */
  lend?(): void;
  /**
   * Takes records from the rest of the cutter's piece until one has to be decoded by itself, `limits` are reached, or there is no
   * whole one left. Gives how many bytes were used up.
   */
  decode(cutter: RecordCutter, limits: { readonly rows: number; readonly bytes: number }): number;
}

/** Rows that all come as records. */
export class RecordRows implements RowsWriter {
  readonly #writer: RecordSink;
  #offsets = new Float64Array(BATCH_ROWS_MAX);

  constructor(layout: RecordLayout) {
    this.#writer = declaredWriter(layout);
  }

  get length(): number {
    return this.#writer.length;
  }

  append(record: unknown, offset: number): Misfit | null {
    const row = this.#writer.length;
    const misfit = this.#writer.append(record);
    if (misfit === null) this.#offsets[row] = offset;
    return misfit;
  }

  take(): DecodedRows {
    const taken = { columns: this.#writer.take(), offsets: this.#offsets };
    this.#offsets = new Float64Array(BATCH_ROWS_MAX);
    return taken;
  }

  decode(): number {
    return 0;
  }
}
