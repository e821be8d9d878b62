/** Compression of a host. Whole-block calls are for segments, streams for input files. */
export interface Compression {
  /** zstd, level 1, with a content size in the frame. */
  zstd(bytes: Uint8Array): Promise<Uint8Array>;
  /** Inverse of {@link zstd}; refuses more than `maxBytes` of output with TM_CHECKPOINT_CORRUPT before allocating it. */
  unzstd(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array>;
  /** Decodes a compressed file piece by piece, multi-frame files included. Malformed input rejects with TM_SOURCE. */
  decoder(format: "gzip" | "zstd"): StreamDecoder;
  /** CRC-32 (ISO-HDLC) going on from `seed`, where the host has a faster one than foundation/crc32.ts. */
  readonly crc32?: (bytes: Uint8Array, seed?: number) => number;
}

/** Feed pieces in order; each call gives what could be decoded so far. */
export interface StreamDecoder {
  push(bytes: Uint8Array): Promise<Uint8Array>;
  /** The rest; rejects with TM_SOURCE if the input was truncated. */
  end(): Promise<Uint8Array>;
}
