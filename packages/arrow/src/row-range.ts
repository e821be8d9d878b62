import type { Column } from "@tidemark/engine/connector";
import type { Data } from "apache-arrow";

/** How rows [from, from + rows) of a vector become a column, apart from which of them are null. */
export type ReadCells = (data: Data, range: RowRange) => Column;

/** Rows of a vector. */
export interface RowRange {
  readonly from: number;
  readonly rows: number;
  /** PRESENCE per row; null: all are there. */
  readonly presence: Uint8Array | null;
  /** PRESENCE of a null. */
  readonly nullCode: number;
  /** Strings are checked to be valid UTF-8. */
  readonly checkText: boolean;
}
