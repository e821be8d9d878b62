import { assert } from "../foundation/assert.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import type { RecordLayout } from "../record/layout.ts";
import { openRows, type Rows } from "../record/record-view.ts";
import { selectedKeys } from "../record/selected-keys.ts";
import type { StoredColumns, StoredRecords } from "../state/stored-records.ts";
import type { Output } from "./operator.ts";

const ROWS_MIN = 32;

interface Batch {
  readonly layout: RecordLayout;
  /** Rows there is room for. */
  readonly rows: number;
  readonly stored: StoredColumns;
  readonly timestamps: Float64Array;
  readonly watermarks: Float64Array;
  readonly rowKinds: Uint8Array;
  /** Row of the input that each row is of: it has the same key and times. */
  readonly inputRows: Int32Array;
  /** Views of rows written so far. */
  readonly views: Rows;
}

/**
 * Writes the rows of a keyed changelog from kept records to batches, column by column: no record and no string is made. One layout at a time,
 * and the rows of one batch of input: the caller flushes before another. Keys and times are the input's. Where the output borrows its
 * batches, their memory is used again: it is in the caches, and new memory has to be cleared, fetched and collected.
 */
export class ChangelogWriter {
  readonly #output: Output;
  readonly #records: StoredRecords;
  #input: RecordBatch | null = null;
  #batch: Batch | null = null;
  #length = 0;
  /** The memory of the last batch, where the output is done with it. */
  #spare: Batch | null = null;
  readonly #views = new Map<RecordLayout, Rows>();

  constructor(output: Output, records: StoredRecords) {
    this.#output = output;
    this.#records = records;
  }

  /** Rows that wait. */
  get length(): number {
    return this.#length;
  }

  /** Layout of the rows that wait, null if there are none. */
  get layout(): RecordLayout | null {
    return this.#length === 0 ? null : (this.#batch as Batch).layout;
  }

  /** What follows is of this batch. */
  bind(input: RecordBatch): void {
    assert(this.#length === 0, "rows of a batch are waiting when the next one comes");
    this.#input = input;
  }

  /** Makes room for `rows` rows of a layout; call before the rows of one input record, the row `inputRow`. Flushes if need be. */
  reserve(layout: RecordLayout, rows: number, inputRow: number): void {
    const batch = this.#batch;
    if (batch !== null && batch.layout === layout && this.#length + rows <= batch.rows) return;
    if (this.#length > 0) this.flush();
    const left = (this.#input as RecordBatch).length - inputRow;
    this.#batch = this.#newBatch(layout, Math.min(BATCH_ROWS_MAX, Math.max(ROWS_MIN, left * 2)));
  }

  /** Adds the record that is kept for a state row, for a row of the input, as a row of the layout that there is room for. */
  write(stateRow: number, inputRow: number, rowKind: number): void {
    const batch = this.#batch as Batch;
    const row = this.#length;
    this.#records.copy(stateRow, batch.stored, row);
    batch.rowKinds[row] = rowKind;
    batch.inputRows[row] = inputRow;
    this.#length = row + 1;
  }

  /** A view of the last row written, good until the next call. */
  viewOfLast(): unknown {
    return (this.#batch as Batch).views.at(this.#length - 1);
  }

  /** Takes the last row back. */
  dropLast(): void {
    this.#length--;
  }

  /** Hands on what waits. */
  flush(): void {
    const batch = this.#batch;
    const length = this.#length;
    if (batch === null || length === 0) return;
    batch.views.release();
    this.#batch = null;
    this.#length = 0;
    this.#output.batch(changesOf(batch, length, this.#input as RecordBatch));
    if (this.#output.borrows === true) this.#spare = batch;
  }

  #newBatch(layout: RecordLayout, rows: number): Batch {
    const spare = this.#spare;
    this.#spare = null;
    const batch =
      spare !== null && spare.layout === layout && spare.rows >= rows ? spare : this.#freshBatch(layout, rows);
    batch.stored.clear();
    batch.views.bind({ ...(this.#input as RecordBatch), layout, length: 0, columns: batch.stored.columns });
    return batch;
  }

  #freshBatch(layout: RecordLayout, rows: number): Batch {
    return {
      layout,
      rows,
      stored: this.#records.columns(layout, rows),
      timestamps: new Float64Array(rows),
      watermarks: new Float64Array(rows),
      rowKinds: new Uint8Array(rows),
      inputRows: new Int32Array(rows),
      views: this.#viewsOf(layout),
    };
  }

  #viewsOf(layout: RecordLayout): Rows {
    let views = this.#views.get(layout);
    if (views === undefined) {
      views = openRows(layout, { debug: false });
      this.#views.set(layout, views);
    }
    return views;
  }
}

function changesOf(batch: Batch, length: number, input: RecordBatch): RecordBatch {
  const { layout, stored, timestamps, watermarks, rowKinds } = batch;
  const rows = batch.inputRows.subarray(0, length);
  gather(input.timestamps, rows, timestamps, length);
  gather(input.watermarks, rows, watermarks, length);
  return {
    layout,
    length,
    columns: stored.columns,
    timestamps,
    watermarks,
    rowKinds,
    keys: input.keys === null ? null : selectedKeys(input.keys, rows),
    origin: null,
  };
}

/** Copies the numbers of the first `length` of those rows. */
export function gather(from: Float64Array, rows: Int32Array, to: Float64Array, length: number): void {
  for (let i = 0; i < length; i++) to[i] = from[rows[i] as number] as number;
}
