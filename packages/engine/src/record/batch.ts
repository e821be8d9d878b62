import type { Column } from "./column.ts";
import type { KeyColumn } from "./key-column.ts";
import type { RecordLayout } from "./layout.ts";

/** The most records a batch holds. */
export const BATCH_ROWS_MAX = 1_024;

/** Kind of change of a row of a changelog stream; the values are those of `RecordBatch.rowKinds`. */
export const ROW_KINDS = { insert: 0, updateBefore: 1, updateAfter: 2, delete: 3 } as const;

/**
 * Up to BATCH_ROWS_MAX records by column. Immutable once handed on; columns and arrays may be shared between
 * batches and may be longer than `length`.
 */
export interface RecordBatch {
  readonly layout: RecordLayout;
  readonly length: number;
  /** One per field of the layout, in its order. */
  readonly columns: readonly Column[];
  /** Event time per row, epoch ms; NO_EVENT_TIME (-Infinity) where the source declares none. */
  readonly timestamps: Float64Array;
  /**
   * The watermark of this stream that holds when row i is processed: before row i an operator first advances its time
   * to watermarks[i]. Non-decreasing. With it, lateness and the order of timers and records depend on the input alone,
   * never on where batches were cut, on parallelism, or on timing.
   */
  readonly watermarks: Float64Array;
  /** ROW_KINDS per row on a changelog stream; null on a stream that is no changelog. */
  readonly rowKinds: Uint8Array | null;
  /** Canonical keys after keyBy, else null. */
  readonly keys: KeyColumn | null;
  /** Where the rows were read, for error messages and dead letters; null for rows that an operator made. */
  readonly origin: BatchOrigin | null;
}

/** The place in a source that the rows of a batch came from; all rows of a batch are of one split. */
export interface BatchOrigin {
  readonly port: string;
  readonly split: string;
  /** Per row, the source's own count: byte offset of the line, or record number. */
  readonly offsets: Float64Array;
}
