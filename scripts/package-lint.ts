/**
 * What would be published: publint and attw on each package, and a listing without tests or leftovers and with what
 * every package must carry. Reads dist: build first.
 */
import { join } from "node:path";
import { runCommand, toolPath } from "./run-command.ts";
import { publishedFolders, readManifest, WORKSPACE } from "./workspace.ts";

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** No package comes near it; a data file or a stray build that got in would. */
const UNPACKED_BYTES_MAX = 8 * 1024 * 1024;

const reports = await Promise.all(publishedFolders().map(lintPackage));
for (const text of reports.flat()) process.stdout.write(`${text.trimEnd()}\n`);
process.exitCode = reports.flat().length === 0 ? 0 : 1;

async function lintPackage(folder: string): Promise<string[]> {
  const path = join(WORKSPACE, "packages", folder);
  const [publint, attw, listing] = await Promise.all([
    runCommand(toolPath("publint"), ["run", path, "--strict"]),
    runCommand(toolPath("attw"), ["--pack", path, "--profile", "esm-only", "--no-color", "--no-emoji"]),
    runCommand("npm", ["pack", "--dry-run", "--json"], { cwd: path }),
  ]);
  const problems = listing.ok
    ? judgeListing(folder, listing.stdout)
    : [`${folder}: npm pack failed\n${listing.output}`];
  if (!publint.ok) problems.push(`${folder}: publint\n${publint.output}`);
  if (!attw.ok) problems.push(`${folder}: attw\n${attw.output}`);
  return problems;
}

function judgeListing(folder: string, json: string): string[] {
  const packed = readListing(json);
  if (packed === undefined) return [`${folder}: npm pack gave no listing\n${json}`];
  const problems: string[] = [];
  const paths = packed.files.map((file) => file.path);
  const strays = paths.filter((path) => /\.test(-only)?\.|\.tsbuildinfo$|\.tgz$|(^|\/)\.(?!npmignore)/.test(path));
  if (strays.length > 0) problems.push(`${folder}: not meant to be published: ${strays.join(", ")}`);
  for (const needed of ["package.json", "LICENSE", "README.md"]) {
    if (!paths.includes(needed)) problems.push(`${folder}: ${needed} is not in the package`);
  }
  const manifest = readManifest(join(WORKSPACE, "packages", folder, "package.json"));
  for (const [entry, conditions] of Object.entries(manifest.exports ?? {})) {
    for (const [condition, target] of Object.entries(conditions)) {
      if (!paths.includes(target.replace(/^\.\//, "")))
        problems.push(`${folder}: ${entry} [${condition}] names ${target}, not in the package`);
    }
  }
  if (packed.unpackedSize > UNPACKED_BYTES_MAX)
    problems.push(`${folder}: ${packed.unpackedSize} bytes unpacked, more than ${UNPACKED_BYTES_MAX}`);
  return problems;
}

/** npm prints an array of listings or, from 11 on in some versions, an object of them. */
function readListing(json: string): Packed | undefined {
  const parsed = JSON.parse(json) as readonly Packed[] | Readonly<Record<string, Packed>>;
  return Object.values(parsed)[0] as Packed | undefined;
}
