import { crc32 } from "../foundation/crc32.ts";

/**
 * Bytes of a segment, version 1; docs/format.md has the tables. Little-endian. File header, then blocks without gaps, then
 * footer. Every header ends in its own CRC-32, and each repeats the file's id, so that no part can stand in another's place unseen.
 */
export const FILE_HEADER_BYTES = 52;
export const BLOCK_HEADER_BYTES = 60;
export const FOOTER_BYTES = 40;
/** A block holds at most this much before compression; a key group with more needs more key groups. */
export const BLOCK_BYTES_MAX: number = 2 ** 30;

const SEGMENT_VERSION = 1;
const FILE_MAGIC = "TIDESEG\n";
const FOOTER_MAGIC = "TIDEEND\n";
const BLOCK_MAGIC = 0x4b4c4254;
/** How the payload of a block is stored: as it is, or as one zstd frame with its content size. */
export const COMPRESSION = { none: 0, zstd: 1 } as const;
export type Compression = (typeof COMPRESSION)[keyof typeof COMPRESSION];

export interface FileHeader {
  /** 32 hexadecimal digits. */
  readonly fileId: string;
  readonly checkpoint: number;
  readonly epoch: number;
  readonly blockCount: number;
}

export function encodeFileHeader(header: FileHeader): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  putAscii(bytes, 0, FILE_MAGIC);
  view.setUint32(8, SEGMENT_VERSION, true);
  view.setUint32(12, header.blockCount, true);
  putFileId(bytes, 16, header.fileId);
  view.setBigUint64(32, BigInt(header.checkpoint), true);
  view.setBigUint64(40, BigInt(header.epoch), true);
  view.setUint32(48, crc32(bytes.subarray(0, 48)), true);
  return bytes;
}

/** What is wrong with a file header, or null. */
export function checkFileHeader(bytes: Uint8Array, expected: Omit<FileHeader, "epoch">): string | null {
  const view = viewOf(bytes);
  if (!hasAscii(bytes, 0, FILE_MAGIC)) return "it does not begin like a segment";
  if (view.getUint32(48, true) !== crc32(bytes.subarray(0, 48))) return "the checksum of its header is wrong";
  if (view.getUint32(8, true) !== SEGMENT_VERSION)
    return `its format version is ${view.getUint32(8, true)}, and ${SEGMENT_VERSION} is known`;
  if (!hasFileId(bytes, 16, expected.fileId)) return "it is another file than the manifest names";
  if (view.getBigUint64(32, true) !== BigInt(expected.checkpoint))
    return `it is of checkpoint ${view.getBigUint64(32, true)}`;
  if (view.getUint32(12, true) !== expected.blockCount) return "its number of blocks is not the manifest's";
  return null;
}

export interface BlockHeader {
  readonly operator: Uint8Array;
  readonly keyGroup: number;
  /** Position among the blocks of the file. */
  readonly index: number;
  readonly compression: Compression;
  /** Uncompressed. */
  readonly rawBytes: number;
  readonly checkpoint: number;
  readonly fileId: string;
}

/** A payload as it is in the file. */
export interface StoredPayload {
  readonly stored: Uint8Array;
  readonly compression: Compression;
  /** Uncompressed. */
  readonly rawBytes: number;
}

/** Header and operator name; the payload follows as stored, of which `payload` tells length and CRC-32. */
export function encodeBlockHeader(
  header: BlockHeader,
  payload: { readonly bytes: number; readonly crc32: number },
): Uint8Array {
  const bytes = new Uint8Array(BLOCK_HEADER_BYTES + header.operator.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, BLOCK_MAGIC, true);
  view.setUint32(4, header.operator.length, true);
  view.setUint32(8, header.keyGroup, true);
  view.setUint32(12, header.compression, true);
  view.setUint32(16, header.index, true);
  view.setUint32(20, header.rawBytes, true);
  view.setUint32(24, payload.bytes, true);
  view.setUint32(28, payload.crc32, true);
  view.setBigUint64(32, BigInt(header.checkpoint), true);
  putFileId(bytes, 40, header.fileId);
  bytes.set(header.operator, BLOCK_HEADER_BYTES);
  view.setUint32(56, headerCrc(bytes), true);
  return bytes;
}

/** Checks a whole block, header and payload; gives the payload as stored, or what is wrong. */
export function checkBlock(
  block: Uint8Array,
  expected: Omit<BlockHeader, "rawBytes" | "compression">,
  crcOf: (bytes: Uint8Array) => number,
): StoredPayload | { readonly wrong: string } {
  const start = BLOCK_HEADER_BYTES + expected.operator.length;
  if (block.length < start) return { wrong: "a block is too short for its header" };
  const view = viewOf(block);
  const stored = block.subarray(start);
  if (view.getUint32(0, true) !== BLOCK_MAGIC) return { wrong: "there is no block here" };
  if (view.getUint32(4, true) !== expected.operator.length) return { wrong: "a block is of another operator" };
  if (view.getUint32(56, true) !== headerCrc(block.subarray(0, start)))
    return { wrong: "the checksum of a block's header is wrong" };
  if (!expected.operator.every((byte, i) => block[BLOCK_HEADER_BYTES + i] === byte))
    return { wrong: "a block is of another operator" };
  if (view.getUint32(8, true) !== expected.keyGroup)
    return { wrong: `a block is of key group ${view.getUint32(8, true)}` };
  const compression = view.getUint32(12, true);
  if (compression !== COMPRESSION.none && compression !== COMPRESSION.zstd)
    return { wrong: "a block is compressed in an unknown way" };
  if (view.getUint32(16, true) !== expected.index) return { wrong: "a block is in another's place" };
  if (view.getUint32(24, true) !== stored.length) return { wrong: "a block's length is not the manifest's" };
  if (view.getBigUint64(32, true) !== BigInt(expected.checkpoint))
    return { wrong: `a block is of checkpoint ${view.getBigUint64(32, true)}` };
  if (!hasFileId(block, 40, expected.fileId)) return { wrong: "a block is of another file" };
  if (view.getUint32(28, true) !== crcOf(stored)) return { wrong: "the checksum of a block is wrong" };
  const rawBytes = view.getUint32(20, true);
  if (rawBytes > BLOCK_BYTES_MAX) return { wrong: "a block is larger than it may be" };
  if (compression === COMPRESSION.none && rawBytes !== stored.length)
    return { wrong: "a block that is not compressed says another length" };
  return { stored, compression, rawBytes };
}

export interface Footer {
  readonly fileId: string;
  readonly blockCount: number;
  readonly sizeBytes: number;
}

export function encodeFooter(footer: Footer): Uint8Array {
  const bytes = new Uint8Array(FOOTER_BYTES);
  const view = new DataView(bytes.buffer);
  putAscii(bytes, 0, FOOTER_MAGIC);
  putFileId(bytes, 8, footer.fileId);
  view.setUint32(24, footer.blockCount, true);
  view.setBigUint64(28, BigInt(footer.sizeBytes), true);
  view.setUint32(36, crc32(bytes.subarray(0, 36)), true);
  return bytes;
}

/** What is wrong with a footer, or null. A footer has one right form, so it is compared whole. */
export function checkFooter(bytes: Uint8Array, expected: Footer): string | null {
  const right = encodeFooter(expected);
  return right.every((byte, i) => bytes[i] === byte) ? null : "its footer is wrong";
}

/** Over the header without its checksum, then the operator's name. */
function headerCrc(headerAndName: Uint8Array): number {
  return crc32(headerAndName.subarray(BLOCK_HEADER_BYTES), crc32(headerAndName.subarray(0, 56)));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function putAscii(bytes: Uint8Array, offset: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[offset + i] = text.charCodeAt(i);
}

function hasAscii(bytes: Uint8Array, offset: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}

function putFileId(bytes: Uint8Array, offset: number, fileId: string): void {
  for (let i = 0; i < 16; i++) bytes[offset + i] = Number.parseInt(fileId.slice(i * 2, i * 2 + 2), 16);
}

function hasFileId(bytes: Uint8Array, offset: number, fileId: string): boolean {
  for (let i = 0; i < 16; i++)
    if (bytes[offset + i] !== Number.parseInt(fileId.slice(i * 2, i * 2 + 2), 16)) return false;
  return true;
}
