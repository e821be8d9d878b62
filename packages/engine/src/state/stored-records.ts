import type { RecordBatch } from "../record/batch.ts";
import type { Column } from "../record/column.ts";
import type { RecordLayout } from "../record/layout.ts";
import type { ValueState } from "./state-backend.ts";

/**
 * What a value state can do besides, where its backend keeps records by column: rows of batches go in and come out without an object or a
 * string being made. A capability: ask for it with {@link storedRecords}, do without where it is null.
 */
export interface StoredRecords {
  /** Layout of the columns that the row's record can be copied to; VALUE_LAYOUT: only `get` gives it; null: the row has no value. */
  layout(row: number): RecordLayout | null;
  /**
   * Keeps a row of a batch as `set` would keep its plain copy, by column: its `layout` is the same for all rows of a batch. False: it cannot be
   * kept so, and nothing has changed.
   */
  setRow(row: number, batch: RecordBatch, from: number): boolean;
  /** Columns for records of a layout that `layout` gave, with room for `rows` of them. */
  columns(layout: RecordLayout, rows: number): StoredColumns;
  /** Copies the row's record to a row of columns of its layout, in place of what was there. Rows come in order. */
  copy(row: number, to: StoredColumns, at: number): void;
}

/** Columns that stored records are copied to. They are the caller's: nothing in them changes with the state. */
export interface StoredColumns {
  /** Of the layout that they were made for. They may be read while more is copied to them. */
  readonly columns: readonly Column[];
  /** Begins anew with row 0, in the same memory: what was copied before is lost. */
  clear(): void;
}

/** A value state that keeps records by column says so with this property. */
interface KeepsRecords {
  readonly records: StoredRecords;
}

/** What a state can do with records, null where its backend keeps values another way. */
export function storedRecords(state: ValueState<unknown>): StoredRecords | null {
  return (state as ValueState<unknown> & Partial<KeepsRecords>).records ?? null;
}
