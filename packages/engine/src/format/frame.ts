import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import { BATCH_ROWS_MAX } from "../record/batch.ts";

/** Bytes of a frame before its payload. */
export const FRAME_HEADER_BYTES = 32;

/** The version of the formats that this code writes; it reads no other. */
export const FRAME_VERSION = 1;

/** The most bytes that the payload of a frame may have: bounds what a reader allocates. */
export const PAYLOAD_BYTES_MAX: number = 256 * 1_024 * 1_024;

/** What a frame holds, as its header says it. */
export const FRAME_KINDS = { layout: 1, data: 2 } as const;

/** The flag of a data frame some of whose strings have lone surrogates, and are WTF-8. */
export const FLAG_ILL_FORMED = 1;

/** CRC-32 (ISO-HDLC) of bytes, unsigned, going on from `seed`. */
export type Checksum = (bytes: Uint8Array, seed?: number) => number;

/** The binary formats, by the kind that a binding names; a frame begins with the format's four letters. */
export const FRAME_MAGIC = { rows: "TMRW", blocks: "TMCB" } as const;

export type FrameFormatKind = keyof typeof FRAME_MAGIC;

/** What stands in a frame's header. */
export interface FrameHeader {
  /** One of FRAME_KINDS. */
  readonly kind: number;
  readonly flags: number;
  readonly payloadBytes: number;
  /** Rows of a data frame, fields of a layout frame. */
  readonly count: number;
  readonly payloadCrc32: number;
  /** The checksum of the layout that the rows are of: of the payload of its frame. */
  readonly layoutCrc32: number;
}

/** Why a payload with a right checksum cannot be what its header says: its writer was wrong. */
export class FrameFault extends Error {}

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Columns are views of the bytes, which are little-endian. */
export function assertLittleEndian(): void {
  assert(IS_LITTLE_ENDIAN, "the binary formats need a little-endian machine");
}

/** The next multiple of eight. */
export function align8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** Writes the header of a frame whose payload stands in its place already. */
export function sealFrame(
  frame: Uint8Array,
  options: {
    format: FrameFormatKind;
    header: Pick<FrameHeader, "kind" | "flags" | "count">;
    layoutCrc32: number | null;
  },
  checksum: Checksum,
): void {
  const { format, header, layoutCrc32 } = options;
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME_HEADER_BYTES);
  const payloadCrc32 = checksum(frame.subarray(FRAME_HEADER_BYTES));
  for (let i = 0; i < 4; i++) frame[i] = FRAME_MAGIC[format].charCodeAt(i);
  view.setUint8(4, FRAME_VERSION);
  view.setUint8(5, header.kind);
  view.setUint16(6, header.flags, true);
  view.setUint32(8, frame.length - FRAME_HEADER_BYTES, true);
  view.setUint32(12, header.count, true);
  view.setUint32(16, payloadCrc32, true);
  view.setUint32(20, layoutCrc32 ?? payloadCrc32, true);
  view.setUint32(24, 0, true);
  view.setUint32(28, checksum(frame.subarray(0, 28)), true);
}

/** Reads a header. TM_SOURCE, with `facts`, if it is none of the format, of another version, or damaged. */
export function parseHeader(
  bytes: Uint8Array,
  options: { format: FrameFormatKind; facts: { readonly input: string; readonly offset: number } },
  checksum: Checksum,
): FrameHeader {
  const { format, facts } = options;
  assertMagic(bytes, options);
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  const version = view.getUint8(4);
  if (version !== FRAME_VERSION) {
    throw new TidemarkError(
      "TM_SOURCE",
      `the input is in version ${version} of the format "${format}", and this Tidemark reads version ${FRAME_VERSION}. Read it with the Tidemark that wrote it`,
      { facts },
    );
  }
  const header = {
    kind: view.getUint8(5),
    flags: view.getUint16(6, true),
    payloadBytes: view.getUint32(8, true),
    count: view.getUint32(12, true),
    payloadCrc32: view.getUint32(16, true),
    layoutCrc32: view.getUint32(20, true),
  };
  if (view.getUint32(28, true) !== checksum(bytes.subarray(0, 28))) throw damaged("its checksum is wrong", facts);
  const isKnown = header.kind === FRAME_KINDS.layout || header.kind === FRAME_KINDS.data;
  if (!isKnown || header.flags > FLAG_ILL_FORMED || view.getUint32(24, true) !== 0)
    throw damaged("it says what this version does not know", facts);
  if (header.payloadBytes > PAYLOAD_BYTES_MAX || header.payloadBytes % 8 !== 0)
    throw damaged(`it says that ${header.payloadBytes} bytes follow`, facts);
  if (header.kind === FRAME_KINDS.data && header.count > BATCH_ROWS_MAX)
    throw damaged(`it says that ${header.count} rows follow`, facts);
  return header;
}

/** TM_SOURCE unless the bytes begin as a frame of the format does, as far as there are any. */
export function assertMagic(
  bytes: Uint8Array,
  { format, facts }: { format: FrameFormatKind; facts: { readonly input: string; readonly offset: number } },
): void {
  const found = String.fromCharCode(...bytes.subarray(0, 4));
  if (FRAME_MAGIC[format].startsWith(found)) return;
  const other = (Object.keys(FRAME_MAGIC) as FrameFormatKind[]).find((kind) => FRAME_MAGIC[kind] === found);
  const why =
    other === undefined
      ? facts.offset === 0
        ? `the input is not in the format "${format}"`
        : `there is no frame of the format "${format}" where one should begin: the input is damaged, or it was changed since it was read up to there`
      : `the input is in the format "${other}", not "${format}": bind the port as ${other}:…`;
  throw new TidemarkError("TM_SOURCE", why, { facts: { ...facts, begins: JSON.stringify(found) } });
}

function damaged(how: string, facts: { readonly input: string; readonly offset: number }): TidemarkError {
  return new TidemarkError(
    "TM_SOURCE",
    `the header of a frame is damaged: ${how}, so what comes after it cannot be found. Replace the file`,
    { facts },
  );
}
