import { TidemarkError } from "../foundation/error.ts";
import type { StreamDecoder } from "../host/compression.ts";
import type { ReadableFile } from "../host/disk.ts";
import type { Host } from "../host/host.ts";
import type { RecordEndCheck } from "./file-format.ts";

/** Where bytes come from, piece by piece; null at the end. The pieces may be of any size but empty. */
export interface BytePieces {
  next(): Promise<Uint8Array | null>;
  /** Told that nobody looks at a piece any more: its memory may be used for another. */
  recycle?(piece: Uint8Array): void;
  /** Has a pending `next` resolve with null at once; on input that may never come. */
  cancel?(): void;
  close(): Promise<void>;
}

/** Compressed bytes per step: even at the highest ratio (1000 to 1) a step's output stays in the megabytes. */
const COMPRESSED_STEP_BYTES = 16 * 1_024;

/** How a file is compressed, by its suffix; null: not at all. */
export function compressionOf(path: string): "gzip" | "zstd" | null {
  if (path.endsWith(".gz")) return "gzip";
  return path.endsWith(".zst") ? "zstd" : null;
}

/**
 * The content of a file from `offset`, counted in decoded bytes if it is compressed. TM_SOURCE if the file ends before that, if the
 * byte before is not the record end that a position follows, or if compressed data is broken.
 */
export async function filePieces(options: {
  host: Host;
  path: string;
  offset: number;
  /** Size of the first reads, and of those after pieces were used up. */
  pieceBytes: number;
  pieceBytesMax: number;
  recordEnd: RecordEndCheck;
}): Promise<BytePieces> {
  const { host, path, offset, pieceBytes, pieceBytesMax, recordEnd } = options;
  const format = compressionOf(path);
  const file = await host.disk.openRead(path);
  if (format === null) {
    const skipBytes = Math.min(recordEnd.lookBackBytes, offset);
    const raw = new PlainPieces({ file, offset: offset - skipBytes, pieceBytes, pieceBytesMax });
    return new SkippingPieces({ pieces: raw, skipBytes, path, offset, lastByte: recordEnd.lastByte });
  }
  const stepBytes = Math.min(pieceBytes, COMPRESSED_STEP_BYTES);
  const raw = new PlainPieces({ file, offset: 0, pieceBytes: stepBytes, pieceBytesMax: stepBytes });
  const decoded = new DecodedPieces({ pieces: raw, decoder: host.compression.decoder(format), path });
  return new SkippingPieces({ pieces: decoded, skipBytes: offset, path, offset, lastByte: recordEnd.lastByte });
}

/** Each read costs two threads some turns: they become larger once pieces are used up, so that a file that nobody reads from yet holds little. */
class PlainPieces implements BytePieces {
  readonly #file: ReadableFile;
  readonly #pieceBytesMax: number;
  #pieceBytes: number;
  #offset: number;
  /** Memory of pieces that nobody looks at any more: fresh memory costs the collector and the kernel more than reading. */
  #free: ArrayBufferLike[] = [];

  constructor(options: { file: ReadableFile; offset: number; pieceBytes: number; pieceBytesMax: number }) {
    this.#file = options.file;
    this.#offset = options.offset;
    this.#pieceBytes = options.pieceBytes;
    this.#pieceBytesMax = options.pieceBytesMax;
  }

  async next(): Promise<Uint8Array | null> {
    const piece = new Uint8Array(this.#free.pop() ?? new ArrayBuffer(this.#pieceBytes));
    const length = await this.#file.read(piece, this.#offset);
    this.#offset += length;
    return length === 0 ? null : piece.subarray(0, length);
  }

  recycle(piece: Uint8Array): void {
    if (this.#pieceBytes < this.#pieceBytesMax) {
      this.#pieceBytes = Math.min(this.#pieceBytes * 2, this.#pieceBytesMax);
      this.#free = [];
    } else if (piece.buffer.byteLength === this.#pieceBytes) {
      this.#free.push(piece.buffer);
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

class DecodedPieces implements BytePieces {
  readonly #pieces: BytePieces;
  readonly #decoder: StreamDecoder;
  readonly #path: string;
  #hasEnded = false;

  constructor(options: { pieces: BytePieces; decoder: StreamDecoder; path: string }) {
    this.#pieces = options.pieces;
    this.#decoder = options.decoder;
    this.#path = options.path;
  }

  async next(): Promise<Uint8Array | null> {
    while (!this.#hasEnded) {
      const piece = await this.#pieces.next();
      this.#hasEnded = piece === null;
      const decoded = await this.#decode(piece);
      if (decoded.length > 0) return decoded;
    }
    return null;
  }

  async #decode(piece: Uint8Array | null): Promise<Uint8Array> {
    try {
      return piece === null ? await this.#decoder.end() : await this.#decoder.push(piece);
    } catch (error) {
      const why = error instanceof TidemarkError ? error.summary : String(error);
      throw new TidemarkError("TM_SOURCE", `a compressed input file is broken: ${why}. Replace the file`, {
        cause: error,
        facts: { file: this.#path },
      });
    }
  }

  close(): Promise<void> {
    return this.#pieces.close();
  }
}

/** Leaves out the first bytes, and makes sure that they are there and end a record. */
class SkippingPieces implements BytePieces {
  readonly #pieces: BytePieces;
  readonly #path: string;
  readonly #offset: number;
  readonly #lastByte: number | null;
  #skipBytes: number;
  #lastSkipped: number | null = null;

  constructor(options: {
    pieces: BytePieces;
    skipBytes: number;
    path: string;
    offset: number;
    /** What the last byte left out must be; null: anything. */
    lastByte: number | null;
  }) {
    this.#pieces = options.pieces;
    this.#skipBytes = options.skipBytes;
    this.#lastByte = options.lastByte;
    this.#path = options.path;
    this.#offset = options.offset;
  }

  async next(): Promise<Uint8Array | null> {
    while (this.#skipBytes > 0) {
      const piece = await this.#pieces.next();
      if (piece === null) throw this.#changed("ends before it");
      const skipped = Math.min(this.#skipBytes, piece.length);
      this.#skipBytes -= skipped;
      this.#lastSkipped = piece[skipped - 1] as number;
      if (piece.length > skipped) return this.#afterSkipped(piece.subarray(skipped));
    }
    const piece = await this.#pieces.next();
    return piece === null ? null : this.#afterSkipped(piece);
  }

  recycle(piece: Uint8Array): void {
    this.#pieces.recycle?.(piece);
  }

  close(): Promise<void> {
    return this.#pieces.close();
  }

  #afterSkipped(piece: Uint8Array): Uint8Array {
    // A file whose last line had no line end may be read to its end; if it has grown since, that line was not whole.
    const isEnd = this.#lastByte === null || this.#lastSkipped === null || this.#lastSkipped === this.#lastByte;
    if (!isEnd) throw this.#changed("has no line end before it");
    this.#lastSkipped = null;
    return piece;
  }

  #changed(how: string): TidemarkError {
    return new TidemarkError(
      "TM_SOURCE",
      `an input file was changed: it ${how}, though a checkpoint says that it was read up to there. Restore the file, or start the job afresh`,
      { facts: { file: this.#path, offset: this.#offset } },
    );
  }
}
