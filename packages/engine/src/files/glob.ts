import { TidemarkError } from "../foundation/error.ts";
import type { Disk } from "../host/disk.ts";

/** Directories below each other that `**` follows; bounds a walk through links that lead in circles. */
const DEPTH_MAX = 40;

/** The most files one pattern may match. */
export const FILES_MAX = 100_000;

/** True: the path has wildcards. */
export function isPattern(path: string): boolean {
  return /[*?]/.test(path);
}

/** A path in the one form that is compared and shown: no empty and no "." parts. */
export function normalPath(path: string): string {
  const parts = path.split("/").filter((part, index) => (part !== "" || index === 0) && part !== ".");
  const joined = parts.join("/");
  return joined === "" ? (path.startsWith("/") ? "/" : ".") : joined;
}

/**
 * The files that a pattern matches, in order of their paths (by code unit, so the same everywhere). `*` stands for any characters
 * of one name, `?` for one, `**` as a whole name for any number of directories, also none. Names that begin with a dot are matched only
 * by a pattern that spells the dot. A path without wildcards is itself, whether or not it exists.
 */
export async function expandPattern(disk: Disk, pattern: string): Promise<readonly string[]> {
  const normal = normalPath(pattern);
  if (!isPattern(normal)) return [normal];
  const parts = normal.split("/");
  const found = new Set<string>();
  await walk(
    { disk, pattern, found },
    normal.startsWith("/") ? "/" : "",
    normal.startsWith("/") ? parts.slice(1) : parts,
    0,
  );
  return [...found].sort((a, b) => (a < b ? -1 : 1));
}

interface Search {
  readonly disk: Disk;
  readonly pattern: string;
  readonly found: Set<string>;
}

/** Adds the files below `base` ("" is the working directory) that match the rest of the pattern. */
async function walk(search: Search, base: string, parts: readonly string[], depth: number): Promise<void> {
  const [part, ...rest] = parts;
  if (part === undefined || depth > DEPTH_MAX) return;
  if (part === "**") {
    await walk(search, base, rest, depth);
    for (const name of await namesIn(search.disk, base)) {
      if (name.startsWith(".") || (await kindOf(search.disk, join(base, name))) !== "directory") continue;
      await walk(search, join(base, name), parts, depth + 1);
    }
    return;
  }
  const names = isPattern(part) ? (await namesIn(search.disk, base)).filter((name) => matchesName(part, name)) : [part];
  for (const name of names) {
    const path = join(base, name);
    const kind = await kindOf(search.disk, path);
    if (kind === "directory") await walk(search, path, rest, depth + 1);
    else if (kind === "file" && rest.length === 0) addFile(search, path);
  }
}

function addFile({ found, pattern }: Search, path: string): void {
  if (found.size >= FILES_MAX) {
    throw new TidemarkError("TM_SOURCE", `a pattern matches more than ${FILES_MAX} files. Use a narrower one`, {
      facts: { pattern },
    });
  }
  found.add(path);
}

function join(base: string, name: string): string {
  return base === "" || base.endsWith("/") ? base + name : `${base}/${name}`;
}

async function kindOf(disk: Disk, path: string): Promise<string | null> {
  return (await disk.stat(path))?.kind ?? null;
}

async function namesIn(disk: Disk, directory: string): Promise<readonly string[]> {
  const path = directory === "" ? "." : directory;
  // What is not there, or is no directory, has no names.
  return (await kindOf(disk, path)) === "directory" ? await disk.list(path) : [];
}

/** Whether one name matches a pattern without `/`. */
export function matchesName(pattern: string, name: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  // Goes back only to the last star: linear in practice, and never exponential.
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const wanted = pattern[inPattern];
    if (wanted === "*") {
      star = inPattern++;
      starAt = at;
    } else if (wanted === "?" || (wanted !== undefined && wanted === name[at])) {
      inPattern++;
      at++;
    } else if (star !== -1) {
      inPattern = star + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === "*") inPattern++;
  return inPattern === pattern.length;
}
