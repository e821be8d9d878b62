import { constants, crc32, zstdCompress, zstdDecompress, type ZstdDecompress } from "node:zlib";
import { TidemarkError } from "../foundation/error.ts";
import type { Compression } from "../host/compression.ts";
import { GzipDecoder } from "./gzip-decoder.ts";
import { ownedBytes } from "./owned-bytes.ts";
import { ZstdDecoder } from "./zstd-decoder.ts";
import { zstdContentSize } from "./zstd-frame.ts";

const LEVEL = 1;
/** Output buffers below this come from Node's pool, which must never be transferred to another thread. */
const CHUNK_BYTES_MIN = 8 * 1024;

/** zlib's thread pool behind the Compression port. Results own their ArrayBuffer: it may be transferred. */
export function nodeCompression(): Compression {
  return {
    zstd,
    unzstd,
    decoder: (format) => (format === "gzip" ? new GzipDecoder() : new ZstdDecoder()),
    crc32: (bytes, seed = 0) => crc32(bytes, seed),
  };
}

function zstd(bytes: Uint8Array): Promise<Uint8Array> {
  const params = { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_contentSizeFlag]: 1 };
  return new Promise((resolve, reject) => {
    // Output comes in one piece as a rule: each is a way to another thread and back.
    const chunkSize = Math.max(bytes.length >> 1, CHUNK_BYTES_MIN);
    zstdCompress(bytes, { params, chunkSize, pledgedSrcSize: bytes.length }, (error, result) => {
      if (error === null) resolve(ownedBytes(result));
      else
        reject(
          new TidemarkError("TM_INTERNAL", "a block could not be compressed", {
            cause: error,
            facts: { bytes: bytes.length },
          }),
        );
    });
  });
}

async function unzstd(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const declared = zstdContentSize(bytes);
  if (declared === null) throw corrupt("a compressed block has no size in its header", { bytes: bytes.length });
  if (declared > maxBytes)
    throw corrupt("a compressed block says that it is larger than it may be", { declared, maxBytes });
  const { buffer, engine } = await decompress(bytes, declared);
  if (engine.bytesWritten !== bytes.length || buffer.length !== declared) {
    throw corrupt("a compressed block does not end where it says", {
      bytes: bytes.length,
      used: engine.bytesWritten,
      declared,
      decoded: buffer.length,
    });
  }
  return ownedBytes(buffer);
}

function decompress(bytes: Uint8Array, declared: number): Promise<{ buffer: Buffer; engine: ZstdDecompress }> {
  // One byte more than needed, so that zlib finds room left and does not allocate a second chunk.
  const chunkSize = Math.max(declared + 1, CHUNK_BYTES_MIN);
  return new Promise((resolve, reject) => {
    zstdDecompress(bytes, { chunkSize, maxOutputLength: Math.max(declared, 1), info: true }, (error, result) => {
      if (error === null) resolve(result as unknown as { buffer: Buffer; engine: ZstdDecompress });
      else reject(corrupt("a compressed block cannot be decoded", { bytes: bytes.length, declared }, error));
    });
  });
}

function corrupt(message: string, facts: Record<string, number>, cause?: unknown): TidemarkError {
  return new TidemarkError("TM_CHECKPOINT_CORRUPT", message, { cause, facts });
}
