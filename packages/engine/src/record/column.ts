/** Presence of a cell of a nullable or optional field. */
export const PRESENCE = { present: 0, null: 1, absent: 2 } as const;

interface ColumnBase {
  /** PRESENCE per row; null where every cell is present. */
  readonly presence: Uint8Array | null;
}
export interface Int32Column extends ColumnBase {
  readonly kind: "int32";
  readonly values: Int32Array;
}
export interface Float64Column extends ColumnBase {
  readonly kind: "float64";
  readonly values: Float64Array;
}
export interface BooleanColumn extends ColumnBase {
  readonly kind: "boolean";
  readonly values: Uint8Array;
}
/**
 * Strings: either bytes not yet decoded (offset and length of each in `bytes`, valid UTF-8), or JS strings that user
 * code made. `strings[i]` is filled on first read; a cell without bytes always has its string. So a string that
 * nobody reads is never made, and one that never leaves the thread is never encoded.
 */
export interface Utf8Column extends ColumnBase {
  readonly kind: "utf8";
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  /** Byte length; -1 where only `strings[i]` exists. */
  readonly lengths: Int32Array;
  readonly strings: (string | undefined)[];
}
/** Interned strings: `values[i]` indexes `dictionary`. */
export interface DictionaryColumn extends ColumnBase {
  readonly kind: "dictionary";
  readonly values: Int32Array;
  readonly dictionary: readonly string[];
}
export interface JsonColumn extends ColumnBase {
  readonly kind: "json";
  readonly values: unknown[];
  /**
   * Only of a column of arrays that is held in parts (`tupleColumn`): the cells of each place of the arrays. Then `values` is made when it is
   * first read, so who can do with the parts should not touch it. Such a column has no presence, and neither have its parts.
   */
  readonly parts?: readonly Column[];
}

/** One field of a batch, by its kind. */
export type Column = Int32Column | Float64Column | BooleanColumn | Utf8Column | DictionaryColumn | JsonColumn;
