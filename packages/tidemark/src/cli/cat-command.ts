import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  blocks,
  csv,
  jsonl,
  pipeline,
  rows,
  start,
  stdout,
  TidemarkError,
  type Binding,
  type Schema,
} from "@tidemark/engine";
import { EXIT } from "./exit-codes.ts";
import { fileUrl } from "./settings.ts";

/** Formats of files by name. */
const KINDS: Readonly<Record<string, (path: string) => Binding>> = { jsonl, csv, rows, blocks };

/** How a file of a binary format begins. */
const MAGIC: Readonly<Record<string, string>> = { TMRW: "rows", TMCB: "blocks" };

/** Takes everything as it is. */
const ANY: Schema = {
  "~standard": { version: 1, vendor: "tidemark", validate: (value) => ({ value }) },
};

export interface CatFlags {
  readonly kind?: string;
}

/** `tidemark cat FILE`: the records of a file in any format as JSON Lines on standard output. */
export async function catCommand(file: string, flags: CatFlags): Promise<number> {
  fileUrl(file);
  const bind = { records: bindingOf(file, flags.kind ?? kindOf(file)), lines: stdout() };
  const copy = pipeline("cat", (p) => p.source("records", ANY, { trust: true }).to(p.sink("lines")));
  const stateDirectory = mkdtempSync(join(tmpdir(), "tidemark-cat-"));
  try {
    await (
      await start(copy, { bind, stateDirectory, checkpoint: { every: "manual" } })
    ).result;
  } catch (error) {
    // As in `tidemark cat FILE | head`: whoever reads has seen enough.
    if (!(error instanceof TidemarkError) || error.facts["errno"] !== "EPIPE") throw error;
  } finally {
    rmSync(stateDirectory, { recursive: true, force: true });
  }
  return EXIT.ok;
}

/** The formats that `--kind` names. */
export const CAT_KINDS: readonly string[] = Object.keys(KINDS);

function bindingOf(file: string, kind: string): Binding {
  const bind = KINDS[kind];
  if (bind !== undefined) return bind(file);
  throw new TidemarkError("TM_BINDING", `there is no file format "${kind}": give one of ${CAT_KINDS.join(", ")}`);
}

/** By the file's name, else by its first bytes. */
function kindOf(file: string): string {
  const suffix = /\.(jsonl|ndjson|csv|rows|blocks)(?:\.gz|\.zst)?$/.exec(file)?.[1];
  if (suffix !== undefined) return suffix === "ndjson" ? "jsonl" : suffix;
  const kind = MAGIC[firstBytes(file)];
  if (kind !== undefined) return kind;
  throw new TidemarkError("TM_BINDING", `the file's name does not say its format: give --kind ${CAT_KINDS.join("|")}`, {
    facts: { file },
  });
}

function firstBytes(file: string): string {
  const bytes = new Uint8Array(4);
  const handle = openSync(file, "r");
  try {
    return String.fromCharCode(...bytes.subarray(0, readSync(handle, bytes)));
  } finally {
    closeSync(handle);
  }
}
