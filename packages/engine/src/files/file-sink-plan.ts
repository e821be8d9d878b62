import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import type { PreparedOutput } from "../connector/sink-connector.ts";

/** What one writer staged for a checkpoint: a file in the port's scratch directory. */
export interface StagedFile {
  readonly file: string;
  readonly bytes: number;
  readonly crc32: number;
  /** CSV: the header line that its rows need. */
  readonly header?: string;
}

/** What a commit does to the sink's file: bytes [from, to) become those of the header, if it is at 0, and of the staged files in order. */
export interface FilePlan {
  readonly kind: string;
  readonly file: string;
  readonly from: number;
  readonly to: number;
  /** CSV: the header line of the file; null before its first row is known. */
  readonly header: string | null;
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
    if (isName && isCount(bytes) && isCount(crc32) && (header === undefined || typeof header === "string")) {
      return { file, bytes, crc32, ...(header === undefined ? {} : { header }) };
    }
  }
  throw notOurs("prepared output", output);
}

/** The plan that a checkpoint holds; TM_SINK_CHANGED if another kind of sink made it. */
export function parsePlan(plan: Json): FilePlan {
  if (isObject(plan)) {
    const { kind, file, from, to, header } = plan;
    const isText = header === null || typeof header === "string";
    if (typeof kind === "string" && typeof file === "string" && isCount(from) && isCount(to) && from <= to && isText) {
      return { kind, file, from, to, header };
    }
  }
  throw notOurs("plan", plan);
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
