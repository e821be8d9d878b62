import { TidemarkError } from "../foundation/error.ts";
import type { ReadableFile } from "../host/disk.ts";
import type { Host } from "../host/host.ts";
import { type Crc, crcOf } from "./segment-crc.ts";
import { corrupt } from "./checkpoint-error.ts";
import { checkpointOfSegment } from "./checkpoint-files.ts";
import type { SegmentBlock } from "./checkpoint-store.ts";
import type { BlockDescriptor, SegmentDescriptor } from "./manifest.ts";
import {
  checkBlock,
  checkFileHeader,
  checkFooter,
  COMPRESSION,
  FILE_HEADER_BYTES,
  FOOTER_BYTES,
  type StoredPayload,
} from "./segment-format.ts";

/** Which segment to read. */
export interface SegmentToRead {
  /** The state directory. */
  readonly directory: string;
  readonly descriptor: SegmentDescriptor;
}

/**
 * Reads the blocks that are `wanted`, in order, each checked before it is given to `visit`, its payload decompressed. Checked: the file's
 * size, header and footer, and of each block read its place, file, checkpoint, operator, key group, length and checksums; if all are
 * wanted, the file's checksum too. TM_CHECKPOINT_CORRUPT names file and offset; blocks visited before were right.
 */
export async function readSegment(
  host: Host,
  segment: SegmentToRead & { readonly wanted: (block: BlockDescriptor) => boolean },
  visit: (block: SegmentBlock) => void | Promise<void>,
): Promise<void> {
  const { path } = segment.descriptor;
  await scanSegment(host, segment, async (descriptor, { stored, compression, rawBytes }) => {
    const { operator, keyGroup, offset } = descriptor;
    const isPlain = compression === COMPRESSION.none;
    const payload = isPlain ? stored : await host.compression.unzstd(stored, rawBytes);
    if (payload.length !== rawBytes)
      throw corrupt("a block decompresses to another length than it says", { path, offset });
    await visit({ operator, keyGroup, payload });
  });
}

/** Reads and checks every byte of a segment; TM_CHECKPOINT_CORRUPT names file and offset of what is wrong. */
export async function verifySegment(host: Host, segment: SegmentToRead): Promise<void> {
  await scanSegment(host, { ...segment, wanted: () => true }, () => undefined);
}

type OnBlock = (descriptor: BlockDescriptor, content: StoredPayload) => void | Promise<void>;

async function scanSegment(
  host: Host,
  segment: SegmentToRead & { wanted: (block: BlockDescriptor) => boolean },
  onBlock: OnBlock,
): Promise<void> {
  const { directory, descriptor } = segment;
  const file = await open(host, `${directory}/${descriptor.path}`, descriptor.path);
  try {
    await scan(file, { ...segment, crc32: crcOf(host) }, onBlock);
  } finally {
    await file.close();
  }
}

async function scan(
  file: ReadableFile,
  segment: Parameters<typeof scanSegment>[1] & { readonly crc32: Crc },
  onBlock: OnBlock,
): Promise<void> {
  const { descriptor, wanted, crc32 } = segment;
  const { path, fileId, sizeBytes, blocks } = descriptor;
  const checkpoint = checkpointOfSegment(path);
  const found = await file.sizeBytes();
  if (found !== sizeBytes)
    throw corrupt("a segment has another size than the manifest says", { path, expected: sizeBytes, found });

  const header = await readExactly(file, { path, offset: 0, length: FILE_HEADER_BYTES });
  const wrongHeader = checkFileHeader(header, { fileId, checkpoint, blockCount: blocks.length });
  if (wrongHeader !== null) throw corrupt(`a segment is not right: ${wrongHeader}`, { path, offset: 0 });

  let crc = crc32(header);
  let isWhole = true;
  for (const [index, block] of blocks.entries()) {
    if (!wanted(block)) {
      isWhole = false;
      continue;
    }
    const bytes = await readExactly(file, { path, offset: block.offset, length: block.sizeBytes });
    crc = crc32(bytes, crc);
    const operator = new TextEncoder().encode(block.operator);
    const checked = checkBlock(bytes, { operator, keyGroup: block.keyGroup, index, checkpoint, fileId }, crc32);
    if ("wrong" in checked) throw corrupt(`a segment is not right: ${checked.wrong}`, { path, offset: block.offset });
    await onBlock(block, checked);
  }

  const footerAt = sizeBytes - FOOTER_BYTES;
  const footer = await readExactly(file, { path, offset: footerAt, length: FOOTER_BYTES });
  const wrongFooter = checkFooter(footer, { fileId, blockCount: blocks.length, sizeBytes });
  if (wrongFooter !== null) throw corrupt(`a segment is not right: ${wrongFooter}`, { path, offset: footerAt });
  if (isWhole && crc32(footer, crc) !== descriptor.crc32)
    throw corrupt("the checksum of a segment is not the manifest's", { path });
}

async function open(host: Host, fullPath: string, path: string): Promise<ReadableFile> {
  try {
    return await host.disk.openRead(fullPath);
  } catch (error) {
    if (error instanceof TidemarkError && error.code === "TM_NOT_FOUND")
      throw corrupt("a segment that the manifest names is missing", { path }, error);
    throw error;
  }
}

async function readExactly(
  file: ReadableFile,
  part: { path: string; offset: number; length: number },
): Promise<Uint8Array> {
  const { path, offset, length } = part;
  const bytes = new Uint8Array(length);
  for (let end = 0; end < length;) {
    const read = await file.read(bytes.subarray(end), offset + end);
    if (read === 0) throw corrupt("a segment ends too early", { path, offset: offset + end });
    end += read;
  }
  return bytes;
}
