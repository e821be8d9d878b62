import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import type { PreparedOutput } from "../connector/sink-connector.ts";
import type { BinaryHeader } from "../format/batch-encoder.ts";

/** What one writer staged for a checkpoint: a file in the port's scratch directory. */
export interface StagedFile {
  readonly file: string;
  readonly bytes: number;
  readonly crc32: number;
  /** What its records need at the beginning of the file. */
  readonly header?: FileHeader;
}

/** What stands once at the beginning of a file: a line (CSV), or bytes in hexadecimal with the fields in words. */
export type FileHeader = string | { readonly hex: string; readonly says: string };

/** What a commit does to the sink's file: bytes [from, to) become those of the header, if it is at 0, and of the staged files in order. */
export interface FilePlan {
  readonly kind: string;
  readonly file: string;
  readonly from: number;
  readonly to: number;
  /** Null: there is none, or not before the first record is known. */
  readonly header: FileHeader | null;
}

/** As plain JSON, for the manifest. */
export function stagedJson(staged: StagedFile): Json {
  return { ...staged };
}

/** As plain JSON, for the manifest. */
export function planJson(plan: FilePlan): Json {
  return { ...plan };
}

/** The staged files that prepared outputs name; a writer that wrote nothing has none. */
export function stagedFiles(prepared: readonly PreparedOutput[]): StagedFile[] {
  return prepared.filter(({ output }) => output !== null).map(({ output }) => parseStaged(output));
}

function parseStaged(output: Json): StagedFile {
  if (isObject(output)) {
    const { file, bytes, crc32, header } = output;
    const isName = typeof file === "string" && /^[^/]+\.staged$/.test(file);
    if (isName && isCount(bytes) && isCount(crc32) && (header === undefined || isHeader(header))) {
      return { file, bytes, crc32, ...(header === undefined ? {} : { header }) };
    }
  }
  throw notOurs("prepared output", output);
}

/** The plan that a checkpoint holds; TM_SINK_CHANGED if another kind of sink made it. */
export function parsePlan(plan: Json): FilePlan {
  if (isObject(plan)) {
    const { kind, file, from, to, header } = plan;
    const hasHeader = header !== undefined && (header === null || isHeader(header));
    if (typeof kind === "string" && typeof file === "string" && isCount(from) && isCount(to) && from <= to && hasHeader)
      return { kind, file, from, to, header };
  }
  throw notOurs("plan", plan);
}

/** What an encoder says of the beginning of its file, as a checkpoint holds it. */
export function fileHeader(header: string | BinaryHeader): FileHeader {
  if (typeof header === "string") return header;
  const hex = Array.from(header.bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { hex, says: header.says };
}

/** Whether two files begin alike. */
export function isSameHeader(a: FileHeader | null, b: FileHeader | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The header as it stands in the file: only at its beginning, and only before records. */
export function headerBytes(from: number, header: FileHeader | null, staged: readonly StagedFile[]): Uint8Array {
  if (from !== 0 || staged.length === 0 || header === null) return new Uint8Array(0);
  if (typeof header === "string") return new TextEncoder().encode(header);
  return Uint8Array.from({ length: header.hex.length / 2 }, (_, at) =>
    Number.parseInt(header.hex.slice(2 * at, 2 * at + 2), 16),
  );
}

function isHeader(header: Json): header is string | { readonly hex: string; readonly says: string } {
  if (typeof header === "string") return true;
  if (!isObject(header)) return false;
  const { hex, says } = header;
  return typeof hex === "string" && /^([0-9a-f]{2})*$/.test(hex) && typeof says === "string";
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function notOurs(what: string, value: Json): TidemarkError {
  return new TidemarkError(
    "TM_SINK_CHANGED",
    `the checkpoint committed to another kind of sink: its ${what} is not one of a file. Bind the port as it was bound then, or start the job afresh`,
    {
      facts: { [what === "plan" ? "plan" : "prepared"]: JSON.stringify(value).slice(0, 200) },
    },
  );
}
