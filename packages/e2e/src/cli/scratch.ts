import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { TidemarkProcess, type Ended } from "../tidemark-process.ts";

export interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly origin: string;
}

export const FLIGHTS: readonly Flight[] = [
  { date: "2001-01-01T08:10:00Z", delay: 5, origin: "SFO" },
  { date: "2001-01-01T08:40:00Z", delay: 35, origin: "SFO" },
  { date: "2001-01-01T09:10:00Z", delay: 0, origin: "LAX" },
];

/** Path of a file beside this one. */
export const fixture = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export const DELAYS: string = fixture("./delays-pipeline.ts");

/** Runs the delays pipeline from ./flights.jsonl into ./hourly.jsonl. */
export const RUN_DELAYS: readonly string[] = [
  "run",
  DELAYS,
  "--bind",
  "flights=jsonl:flights.jsonl",
  "--bind",
  "hourly=jsonl:hourly.jsonl",
];

export const linesOf = (records: readonly unknown[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("");

/** A folder of a user: flights.jsonl is in it, and packages can be imported from it. */
export async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-cli-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "flights.jsonl"), linesOf(FLIGHTS));
  await symlink(fixture("../../../../node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Runs the command line in `folder` to its end. */
export function cli(folder: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new TidemarkProcess(args, { cwd: folder, env }).ended;
}

/** Records of a JSON Lines file that ends with a whole line. */
export async function recordsOf(folder: string, name: string): Promise<unknown[]> {
  const lines = (await readFile(join(folder, name), "utf8")).split("\n");
  if (lines.pop() !== "") throw new Error(`${name} ends within a line`);
  return lines.map((line) => JSON.parse(line) as unknown);
}
