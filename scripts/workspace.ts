import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Root folder of this workspace. */
export const WORKSPACE: string = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

const SKIPPED = new Set(["node_modules", "dist", "coverage", ".git", ".tidemark", "scratch"]);

/** Paths of all files below `folder` that are not built or installed, relative to `root`, sorted. */
export function listFiles(root: string, folder = "."): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) found.push(...listFiles(root, path));
    } else if (entry.isFile()) found.push(path);
  }
  return found.sort();
}

export interface PackageManifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Reads a package.json. */
export function readManifest(path: string): PackageManifest {
  return JSON.parse(readFileSync(path, "utf8")) as PackageManifest;
}

/** Names under packages/ that hold a package. */
export function packageFolders(): string[] {
  const folder = join(WORKSPACE, "packages");
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "package.json")))
    .sort();
}

/** Those of {@link packageFolders} that are published. */
export function publishedFolders(): string[] {
  return packageFolders().filter(
    (name) => readManifest(join(WORKSPACE, "packages", name, "package.json")).private !== true,
  );
}
