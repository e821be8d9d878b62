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
  /** Updates records of a layout by the batch; null where it cannot: records of layouts with nested, absent or interned values, or no generated code. */
  updates(layout: RecordLayout): RecordUpdates | null;
}

/**
 * Many rows of a batch at once, each on its way into the state as the record of its key, in their order: the changes that come of it are written
 * as columns, two for a row (what was kept, and the row), one where nothing was. Nothing is kept before `apply`. Per row of the batch, from the
 * first that `begin` was given, unless it says otherwise.
 */
export interface RecordUpdates {
  /**
   * Takes rows of a batch of its layout from row `from` on, no more than BATCH_ROWS_MAX changes; `rows`: the state's row of each. Returns the row
   * that it ends before: `from` itself where not even that one can be taken. What was kept, or the row, cannot be taken that way then.
   */
  begin(batch: RecordBatch, rows: Int32Array, from: number): number;
  /** First change of each row, and behind the last row the number of changes. */
  readonly changeRows: Int32Array;
  /** 1: nothing was kept for the row's key, neither before the batch nor by an earlier row. */
  readonly isNew: Uint8Array;
  /** The changes as columns of the layout, their kinds, and the row of the whole batch that each is of. */
  readonly columns: readonly Column[];
  readonly rowKinds: Uint8Array;
  readonly inputRows: Int32Array;
  /** True once `keep` was called: `refresh` is to be called before the change of what was kept is read. */
  readonly hasKept: boolean;
  refresh(row: number): void;
  /** What was kept stays, instead of row `row`; rows are told in order. */
  keep(row: number): void;
  /** Keeps what came of the rows before `end`, a row of the whole batch. */
  apply(end: number): void;
  /** Gives the columns and arrays that there are to the caller: they are used again else. */
  take(): void;
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
