import { TidemarkError, type Host } from "@tidemark/engine/connector";
// The reader of whole files, which is what the main entry has, reads dictionaries before it tells the schema.
import { Footer } from "apache-arrow/ipc/metadata/file";
import { schemaMessage } from "./arrow-schema.ts";
import { checkFooter } from "./metadata-check.ts";
import { placeTexts } from "./place.ts";

const MAGIC = "ARROW1";
const MAGIC_BYTES = 8;
/** Bytes behind the footer: its length, and the magic. */
const TAIL_BYTES = 10;
const FOOTER_BYTES_MAX = 256 * 1_024 * 1_024;

/**
 * How to begin to read an Arrow file: its schema stands in the footer, and perhaps only there. Null for what is no Arrow file, as a stream.
 * TM_SOURCE if it does not end as one.
 */
export async function fileStart(
  host: Host,
  path: string,
): Promise<{ readonly offset: number; readonly header: readonly string[] } | null> {
  const file = await host.disk.openRead(path);
  try {
    const sizeBytes = await file.sizeBytes();
    const read = async (from: number, bytes: number): Promise<Uint8Array> => {
      const target = new Uint8Array(bytes);
      let length = 0;
      for (let got = -1; got !== 0 && length < bytes; length += got)
        got = await file.read(target.subarray(length), from + length);
      return target.subarray(0, length);
    };
    if (!isMagic(await read(0, MAGIC_BYTES))) return null;
    const tail = await read(Math.max(MAGIC_BYTES, sizeBytes - TAIL_BYTES), TAIL_BYTES);
    const footerAt = tail.length === TAIL_BYTES && isMagic(tail.subarray(4)) ? footerStart(tail, sizeBytes) : -1;
    if (footerAt < MAGIC_BYTES)
      throw broken(path, sizeBytes, "an Arrow file does not end as one: a part of it is missing");
    const footer = await read(footerAt, sizeBytes - TAIL_BYTES - footerAt);
    return { offset: MAGIC_BYTES, header: headerOf(footer, path, footerAt) };
  } finally {
    await file.close();
  }
}

function isMagic(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes).startsWith(MAGIC);
}

function footerStart(tail: Uint8Array, sizeBytes: number): number {
  const bytes = new DataView(tail.buffer, tail.byteOffset).getInt32(0, true);
  return bytes > 0 && bytes <= FOOTER_BYTES_MAX ? sizeBytes - TAIL_BYTES - bytes : -1;
}

function headerOf(footer: Uint8Array, path: string, footerAt: number): readonly string[] {
  try {
    checkFooter(footer);
    const schema = schemaMessage(Footer.decode(footer).schema);
    return placeTexts({ isFile: true, schema, place: { batchAt: MAGIC_BYTES, row: 0, records: 0 } });
  } catch (error) {
    throw broken(path, footerAt, "the footer of an Arrow file is damaged", error);
  }
}

function broken(path: string, offset: number, why: string, cause?: unknown): TidemarkError {
  return new TidemarkError("TM_SOURCE", `${why}. Replace the file`, {
    ...(cause !== undefined && { cause }),
    facts: { input: path, offset },
  });
}
