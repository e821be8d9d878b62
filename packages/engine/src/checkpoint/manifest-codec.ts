import { crc32 } from "../foundation/crc32.ts";
import { TidemarkError } from "../foundation/error.ts";
import { corrupt } from "./checkpoint-error.ts";
import { checkManifest, FORMATS, ManifestProblem } from "./manifest-check.ts";
import type { Manifest, SegmentDescriptor } from "./manifest.ts";

/** A larger manifest is neither written nor read. */
export const MANIFEST_BYTES_MAX: number = 64 * 1_024 * 1_024;

// The file is one JSON object: {"crc32":"xxxxxxxx","manifest":{…}} and a line end. The checksum is over the bytes of the manifest's text;
// everything around it has one right form, so that no flipped bit goes unseen.
const HEAD = '{"crc32":"';
const CRC_DIGITS = 8;
const MIDDLE = '","manifest":';
const TAIL = "}\n";

/** The bytes of a manifest file. What the format cannot hold, or a manifest too large, is TM_CHECKPOINT_FAILED. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const text = JSON.stringify(writtenForm(manifest), null, 1);
  try {
    checkManifest(JSON.parse(text));
  } catch (cause) {
    if (!(cause instanceof ManifestProblem)) throw cause;
    throw new TidemarkError(
      "TM_CHECKPOINT_FAILED",
      "a checkpoint cannot be written down; this is a bug in Tidemark or in a connector's position",
      {
        cause,
        facts: { checkpoint: manifest.checkpoint, problem: cause.message },
      },
    );
  }
  const body = new TextEncoder().encode(text);
  const bytes = new TextEncoder().encode(`${HEAD}${hex(crc32(body))}${MIDDLE}${text}${TAIL}`);
  if (bytes.length > MANIFEST_BYTES_MAX) {
    throw new TidemarkError(
      "TM_CHECKPOINT_FAILED",
      "a manifest is larger than it may be; use fewer key groups or keep positions small",
      {
        facts: { checkpoint: manifest.checkpoint, bytes: bytes.length, bytesMax: MANIFEST_BYTES_MAX },
      },
    );
  }
  return bytes;
}

/** As it stands in the file: the blocks of an operator in a line, by their sizes alone, since each begins where the one before it ends. */
function writtenForm(manifest: Manifest): unknown {
  return { ...manifest, segments: manifest.segments.map((segment) => ({ ...segment, blocks: blockLines(segment) })) };
}

function blockLines({ blocks }: SegmentDescriptor): readonly { operator: string; sizes: string }[] {
  const lines: { operator: string; sizes: string }[] = [];
  for (const { operator, keyGroup, sizeBytes } of blocks) {
    const line = lines.at(-1);
    const size = `${keyGroup}:${sizeBytes}`;
    if (line?.operator === operator) line.sizes += ` ${size}`;
    else lines.push({ operator, sizes: size });
  }
  return lines;
}

/**
 * The manifest in a file's bytes. Damage is TM_CHECKPOINT_CORRUPT; a whole manifest of a format that this version does not know is
 * TM_STATE_INCOMPATIBLE. `checkpoint` is what the file's name says.
 */
export function decodeManifest(
  bytes: Uint8Array,
  options: { readonly checkpoint: number; readonly path: string },
): Manifest {
  const { checkpoint, path } = options;
  const value = parseChecked(bytes, path);
  const format = (value as { format?: unknown } | null)?.format;
  if (Number.isSafeInteger(format) && !FORMATS.includes(format as number)) {
    throw new TidemarkError(
      "TM_STATE_INCOMPATIBLE",
      "the checkpoint was written by another version of Tidemark; run that version",
      {
        facts: { path, format: format as number, known: FORMATS.join(", ") },
      },
    );
  }
  try {
    const manifest = checkManifest(value);
    if (manifest.checkpoint === checkpoint) return manifest;
    throw corrupt("a manifest is of another checkpoint than its name says", { path, checkpoint: manifest.checkpoint });
  } catch (cause) {
    if (!(cause instanceof ManifestProblem)) throw cause;
    throw corrupt("a manifest does not make sense", { path, problem: cause.message }, cause);
  }
}

function parseChecked(bytes: Uint8Array, path: string): unknown {
  const start = HEAD.length + CRC_DIGITS + MIDDLE.length;
  const end = bytes.length - TAIL.length;
  if (end < start) throw corrupt("a manifest ends too early", { path, offset: bytes.length });
  const body = bytes.subarray(start, end);
  const expected = new TextEncoder().encode(`${HEAD}${hex(crc32(body))}${MIDDLE}`);
  const wrongAt = expected.findIndex((byte, i) => bytes[i] !== byte);
  if (wrongAt >= 0) throw corrupt("the checksum of a manifest is wrong", { path, offset: wrongAt });
  if (bytes[end] !== TAIL.charCodeAt(0) || bytes[end + 1] !== TAIL.charCodeAt(1))
    throw corrupt("a manifest does not end as it should", { path, offset: end });
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw corrupt("a manifest is not JSON", { path }, cause);
  }
}

function hex(crc: number): string {
  return crc.toString(16).padStart(CRC_DIGITS, "0");
}
