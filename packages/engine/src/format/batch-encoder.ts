import type { RecordBatch } from "../record/batch.ts";

/** Turns batches into the bytes of a file. */
export interface BatchEncoder {
  /** Whole lines, one a record; or whole frames, with rows kept back until one is full. */
  encode(batch: RecordBatch): Uint8Array;
  /** What was kept back; an encoder without it keeps nothing. */
  flush?(): Uint8Array;
  /** What stands once at the beginning of a file, a line or bytes; null: nothing, or not known before the first batch. */
  header(): string | BinaryHeader | null;
}

/** The beginning of a file of a binary format. */
export interface BinaryHeader {
  readonly bytes: Uint8Array;
  /** The fields of the records, in words, for the message that refuses others. */
  readonly says: string;
}

/** The row kinds of a changelog stream as written, by their value in `RecordBatch.rowKinds`. */
export const ROW_KIND_TEXTS: readonly string[] = ["+I", "-U", "+U", "-D"];

/** The name of the field or column that carries them. */
export const ROW_KIND_FIELD = "op";
