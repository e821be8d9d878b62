import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import type { RecordLayout } from "../record/layout.ts";
import { openRows, type Rows } from "../record/record-view.ts";
import type { KeyTable } from "../state/state-backend.ts";
import type { StoredColumns, StoredRecords } from "../state/stored-records.ts";
import type { Output } from "./operator.ts";

const ROWS_MIN = 32;

/** Time and kind of a row of a changelog. */
export interface ChangeTimes {
  readonly timestamp: number;
  readonly watermark: number;
  readonly rowKind: number;
}

interface Batch {
  readonly layout: RecordLayout;
  /** Rows there is room for. */
  readonly rows: number;
  readonly stored: StoredColumns;
  readonly timestamps: Float64Array;
  readonly watermarks: Float64Array;
  readonly rowKinds: Uint8Array;
  /** State row of each row, for its key. */
  readonly stateRows: Int32Array;
  /** Views of rows written so far. */
  readonly views: Rows;
}

/**
 * Writes the rows of a keyed changelog from kept records to batches, column by column: no record and no string is made. One layout at a time,
 * the caller flushes before another. Watermarks come in order.
 */
export class ChangelogWriter {
  readonly #output: Output;
  readonly #keys: KeyTable;
  readonly #records: StoredRecords;
  #batch: Batch | null = null;
  #length = 0;
  #rows = ROWS_MIN;
  readonly #views = new Map<RecordLayout, Rows>();

  constructor(output: Output, options: { readonly keys: KeyTable; readonly records: StoredRecords }) {
    this.#output = output;
    this.#keys = options.keys;
    this.#records = options.records;
  }

  /** Rows that wait. */
  get length(): number {
    return this.#length;
  }

  /** Layout of the rows that wait, null if there are none. */
  get layout(): RecordLayout | null {
    return this.#length === 0 ? null : (this.#batch as Batch).layout;
  }

  /** Makes room for `rows` rows of a layout; call before the rows of one input record. Flushes if need be. */
  reserve(layout: RecordLayout, rows: number): void {
    const batch = this.#batch;
    if (batch !== null && batch.layout === layout && this.#length + rows <= batch.rows) return;
    if (this.#length > 0) this.flush();
    this.#batch = this.#newBatch(layout);
  }

  /** Adds the record that is kept for a state row, as a row of the layout that there is room for. */
  write(stateRow: number, { timestamp, watermark, rowKind }: ChangeTimes): void {
    const batch = this.#batch as Batch;
    const row = this.#length;
    this.#records.copy(stateRow, batch.stored, row);
    batch.timestamps[row] = timestamp;
    batch.watermarks[row] = watermark;
    batch.rowKinds[row] = rowKind;
    batch.stateRows[row] = stateRow;
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
    // Batches of one stream tend to be of one size.
    this.#rows = Math.min(BATCH_ROWS_MAX, Math.max(ROWS_MIN, length * 2));
    this.#output.batch(batchOf(batch, length, this.#keys));
  }

  #newBatch(layout: RecordLayout): Batch {
    const rows = this.#rows;
    const batch: Batch = {
      layout,
      rows,
      stored: this.#records.columns(layout, rows),
      timestamps: new Float64Array(rows),
      watermarks: new Float64Array(rows),
      rowKinds: new Uint8Array(rows),
      stateRows: new Int32Array(rows),
      views: this.#viewsOf(layout),
    };
    batch.views.bind(batchOf(batch, 0, null));
    return batch;
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

function batchOf(batch: Batch, length: number, keys: KeyTable | null): RecordBatch {
  const { layout, stored, timestamps, watermarks, rowKinds, stateRows } = batch;
  return {
    layout,
    length,
    columns: stored.columns,
    timestamps,
    watermarks,
    rowKinds,
    keys: keys === null ? null : keys.keyColumn(stateRows, length),
    origin: null,
  };
}
