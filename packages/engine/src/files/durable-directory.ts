import type { Disk } from "../host/disk.ts";

/** The directory that holds `path`. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash === -1) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}

/** Makes a directory and its missing parents so that they survive a power failure. */
export async function makeDurableDirectory(disk: Disk, directory: string): Promise<void> {
  const made: string[] = [];
  let missing = directory;
  while ((await disk.stat(missing)) === null) {
    made.push(missing);
    missing = directoryOf(missing);
  }
  if (made.length === 0) return;
  await disk.makeDirectory(directory);
  for (const path of made) await disk.syncDirectory(directoryOf(path));
}
