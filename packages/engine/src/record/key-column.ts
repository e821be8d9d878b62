/**
 * Canonical keys and hashes of the rows of a batch; the encoding and the hash are frozen, see docs/rfcs/0001-keys.md. `integers`
 * or `pairs` is the whole truth where it is not null, and at most one is; `hashes`, `bytes`, `offsets` and `lengths` are then computed when
 * they are first read, so who can do with the numbers should not touch the others.
 */
export interface KeyColumn {
  /** Row i's key where every key of the batch is a safe integer (never -0); may be longer than the batch. Null: see the bytes. */
  readonly integers: Float64Array | null;
  /** The same where every key is a tuple of two safe integers. */
  readonly pairs: IntegerPairs | null;
  readonly bytes: Uint8Array;
  /** Row i is bytes[offsets[i] .. offsets[i] + lengths[i]). Rows with equal keys may share bytes. */
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  /** hashKey of each row's bytes, unsigned. */
  readonly hashes: Uint32Array;
}

/** Row i's key is [first[i], second[i]]: safe integers, never -0. Both may be longer than the batch. */
export interface IntegerPairs {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** What a key function may return. Integers, other numbers, bigints, strings and booleans are distinct keys; -0 is 0, NaN is one key. */
export type KeyPart = string | number | bigint | boolean;
/** A key: one part or a tuple of parts. */
export type Key = KeyPart | readonly KeyPart[];
