import { TidemarkError } from "../foundation/error.ts";
import type { WritableFile } from "../host/disk.ts";
import type { Host } from "../host/host.ts";
import { checkpointFailed } from "./checkpoint-error.ts";
import { SEGMENTS_DIRECTORY, segmentPath } from "./checkpoint-files.ts";
import type { SegmentBlock } from "./checkpoint-store.ts";
import { withNewFile } from "./durable-file.ts";
import type { BlockDescriptor, SegmentDescriptor } from "./manifest.ts";
import { combinedCrc, type Crc, crcOf } from "./segment-crc.ts";
import {
  BLOCK_BYTES_MAX,
  COMPRESSION,
  type Compression,
  encodeBlockHeader,
  encodeFileHeader,
  encodeFooter,
  FOOTER_BYTES,
} from "./segment-format.ts";

/** Small pieces are gathered up to this much before they are written; a piece of half of it is written alone. */
const CHUNK_BYTES = 1_048_576;
/** Header and operator of a block, as a guess. */
const BLOCK_OVERHEAD_BYTES = 128;
/** Payload bytes that are compressed at the same time. */
const GROUP_BYTES = 4_194_304;
/** Payloads of fewer bytes are stored as they are: a call of the compressor costs more than it saves. */
const COMPRESSED_BYTES_MIN = 1_024;

/**
 * Writes one task's blocks as a segment file and makes it durable, name included. May be called from any thread, for the owner of
 * `directory` (the state directory, which its store has made). A disk that fails is TM_CHECKPOINT_FAILED; the file is then left to
 * retention and never tried again.
 */
export async function writeSegment(
  host: Host,
  options: {
    readonly directory: string;
    readonly checkpoint: number;
    readonly epoch: number;
    readonly task: string;
    readonly blocks: readonly SegmentBlock[];
    /** Whether payloads are compressed, but for small ones. */
    readonly compress: boolean;
  },
): Promise<SegmentDescriptor> {
  const { directory, checkpoint, epoch, task, blocks, compress } = options;
  const fileId = host.random.id();
  const path = segmentPath(checkpoint, epoch, fileId);
  host.failpoint("checkpoint.segment.before-write");
  try {
    const written = await withNewFile(host, `${directory}/${path}`, async (file) => {
      const output = new ChunkedOutput(file, crcOf(host), likelyBytes(blocks));
      await output.add(encodeFileHeader({ fileId, checkpoint, epoch, blockCount: blocks.length }));
      const descriptors = await writeBlocks(host, output, { fileId, checkpoint, blocks, compress });
      const sizeBytes = output.length + FOOTER_BYTES;
      await output.add(encodeFooter({ fileId, blockCount: blocks.length, sizeBytes }));
      await output.flush();
      host.failpoint("checkpoint.segment.before-fsync");
      await file.sync();
      return { sizeBytes, crc32: output.crc, blocks: descriptors };
    });
    await host.disk.syncDirectory(`${directory}/${SEGMENTS_DIRECTORY}`);
    host.failpoint("checkpoint.segment.after-fsync");
    return { path, fileId, task, superseded: [], ...written };
  } catch (error) {
    throw checkpointFailed(error, path);
  }
}

function likelyBytes(blocks: readonly SegmentBlock[]): number {
  return blocks.reduce((sum, { payload }) => sum + payload.length + BLOCK_OVERHEAD_BYTES, BLOCK_OVERHEAD_BYTES);
}

async function writeBlocks(
  host: Host,
  output: ChunkedOutput,
  segment: { fileId: string; checkpoint: number; blocks: readonly SegmentBlock[]; compress: boolean },
): Promise<BlockDescriptor[]> {
  const { fileId, checkpoint, blocks, compress } = segment;
  const descriptors: BlockDescriptor[] = [];
  for (const group of groupsOf(blocks)) {
    const stored = await Promise.all(group.map((block) => storedPayload(host, block, compress)));
    for (const [at, { operator, keyGroup, payload }] of group.entries()) {
      const { compression, bytes } = stored[at] as StoredPayload;
      const crc = crcOf(host)(bytes);
      const name = new TextEncoder().encode(operator);
      const index = descriptors.length;
      const header = encodeBlockHeader(
        { operator: name, keyGroup, index, compression, rawBytes: payload.length, checkpoint, fileId },
        { bytes: bytes.length, crc32: crc },
      );
      descriptors.push({ operator, keyGroup, offset: output.length, sizeBytes: header.length + bytes.length });
      await output.add(header);
      await output.add(bytes, crc);
    }
  }
  return descriptors;
}

/**
 * Blocks in their order, cut where their payloads are more than GROUP_BYTES. What is awaited for a block alone costs it a turn of an
 * event loop that is busy with records.
 */
function* groupsOf(blocks: readonly SegmentBlock[]): Generator<readonly SegmentBlock[]> {
  let group: SegmentBlock[] = [];
  let bytes = 0;
  for (const block of blocks) {
    group.push(block);
    bytes += block.payload.length;
    if (bytes < GROUP_BYTES) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

interface StoredPayload {
  readonly compression: Compression;
  readonly bytes: Uint8Array;
}

async function storedPayload(
  host: Host,
  { operator, keyGroup, payload }: SegmentBlock,
  compress: boolean,
): Promise<StoredPayload> {
  if (payload.length > BLOCK_BYTES_MAX) {
    throw new TidemarkError(
      "TM_CHECKPOINT_FAILED",
      "a key group holds more state than fits in a block; it needs more key groups",
      {
        facts: { operator, keyGroup, bytes: payload.length, bytesMax: BLOCK_BYTES_MAX },
      },
    );
  }
  if (!compress || payload.length < COMPRESSED_BYTES_MIN) return { compression: COMPRESSION.none, bytes: payload };
  return { compression: COMPRESSION.zstd, bytes: await host.compression.zstd(payload) };
}

/** Gathers small pieces into larger writes and keeps the running checksum. */
class ChunkedOutput {
  readonly #file: WritableFile;
  readonly #crc32: Crc;
  readonly #chunk: Uint8Array;
  /** Bytes of the chunk that wait. */
  #waiting = 0;
  length = 0;
  crc = 0;

  /** `bytes`: how many are likely to come. */
  constructor(file: WritableFile, crc32: Crc, bytes: number) {
    this.#file = file;
    this.#crc32 = crc32;
    this.#chunk = new Uint8Array(Math.min(CHUNK_BYTES, bytes));
  }

  /** `crc`: the CRC-32 of the piece, where it is known. The piece may be used again once this resolves. */
  async add(piece: Uint8Array, crc?: number): Promise<void> {
    this.length += piece.length;
    this.crc = crc === undefined ? this.#crc32(piece, this.crc) : combinedCrc(this.crc, crc, piece.length);
    if (this.#waiting + piece.length > this.#chunk.length) await this.flush();
    if (piece.length >= this.#chunk.length / 2) {
      await this.flush();
      await this.#file.write(piece);
      return;
    }
    this.#chunk.set(piece, this.#waiting);
    this.#waiting += piece.length;
  }

  async flush(): Promise<void> {
    if (this.#waiting === 0) return;
    await this.#file.write(this.#chunk.subarray(0, this.#waiting));
    this.#waiting = 0;
  }
}
