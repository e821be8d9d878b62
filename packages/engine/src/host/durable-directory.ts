import type { Disk } from "./disk.ts";

/** The directory that holds `path`. */
export function directoryOf(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  const slash = trimmed.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : trimmed.slice(0, slash);
}

/**
 * Makes a directory and its missing parents so that they outlast a power loss. The directory's own name is made durable also if it
 * exists: an earlier process may have made it and died; parents that exist are taken to be durable.
 */
export async function makeDurableDirectory(disk: Disk, directory: string): Promise<void> {
  const named = [directory];
  for (let at = directoryOf(directory); (await disk.stat(at)) === null; at = directoryOf(at)) named.push(at);
  await disk.makeDirectory(directory);
  for (const path of named.toReversed()) await disk.syncDirectory(directoryOf(path));
}
