import type { BatchDecoder } from "../format/batch-decoder.ts";
import type { BatchEncoder } from "../format/batch-encoder.ts";
import type { Host } from "../host/host.ts";
import type { Checksum } from "../format/frame.ts";
import type { RecordSchema } from "../record/record-schema.ts";

/**
 * What a file connector needs of a format. A decoder that is opened at an offset, with the header that held there, gives the records that
 * were not given then. What an encoder gives between two calls of `flush` can stand anywhere in a file, behind the header.
 */
export interface FileFormat {
  /** As in a binding: "jsonl". A file that was begun by a sink of one kind is never gone on with by one of another. */
  readonly kind: string;
  /** Size of one read, unless the binding says otherwise: at first, and later. */
  readonly pieceBytes: number;
  readonly pieceBytesMax: number;
  /** How a position can be seen to be none any more. */
  readonly recordEnd: RecordEndCheck;
  /**
   * Where a plain file is read from at first, and with which header, for a format that has to look elsewhere in it before; null or left out: from
   * its beginning, without one.
   */
  begin?(host: Host, path: string): Promise<{ readonly offset: number; readonly header: readonly string[] } | null>;
  decoder(options: DecoderOptions): FormatDecoder;
  encoder(checksum: Checksum): BatchEncoder;
}

/** What is read before an offset to see whether it is a position still. */
export interface RecordEndCheck {
  /** Bytes to read; reads go on at the offset, and are aligned as it is. */
  readonly lookBackBytes: number;
  /** The byte that ends a record; null: any. */
  readonly lastByte: number | null;
}

export interface DecoderOptions {
  readonly schema: RecordSchema;
  /** The beginning of a record. */
  readonly offset: number;
  /** Names the input in errors. */
  readonly input: string;
  /** What the decoder said about its header when it stood there; null at the beginning. */
  readonly header: readonly string[] | null;
  readonly checksum: Checksum;
}

/** A decoder with what a position must say besides the offset. */
export interface FormatDecoder {
  readonly decoder: BatchDecoder;
  /** CSV: the names of the columns. Binary formats: the layout, one text. Null: not read yet, or there is none. Asked where `isEmpty`. */
  header(): readonly string[] | null;
}

/** Bytes of one of the first reads of a text. */
export const TEXT_PIECE_BYTES: number = 256 * 1_024;

/** Bytes of later reads. */
export const PIECE_BYTES_MAX: number = 1_024 * 1_024;
