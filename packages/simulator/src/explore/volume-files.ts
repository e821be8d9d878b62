import type { Volume } from "../disk/volume.ts";

/** The bytes of a file as a process would read them; null if there is none. */
export function fileBytes(volume: Volume, path: string): Uint8Array | null {
  if (volume.stat(path)?.kind !== "file") return null;
  const { content } = volume.file(path, "look at");
  const bytes = new Uint8Array(content.length);
  content.read(bytes, 0);
  return bytes;
}

/** Makes a file with its bytes, in a volume that nobody uses yet. */
export function putFile(volume: Volume, path: string, bytes: Uint8Array): void {
  volume.makeDirectory(path.slice(0, path.lastIndexOf("/")) || "/");
  volume.openWrite(path, "create", "copy").content.append(bytes);
}

/** Paths of all files under a directory, sorted; none if there is no such directory. */
export function filesUnder(volume: Volume, directory: string): readonly string[] {
  if (volume.stat(directory)?.kind !== "directory") return [];
  return volume.list(directory).flatMap((name) => {
    const path = `${directory}/${name}`;
    return volume.stat(path)?.kind === "directory" ? filesUnder(volume, path) : [path];
  });
}

/** True if a power failure now would leave the file under this name, with the bytes that it has. */
export function isDurable(volume: Volume, path: string): boolean {
  if (volume.stat(path)?.kind !== "file") return false;
  const parts = path.split("/").filter((part) => part !== "");
  let directory = volume.directory("/", "look at");
  for (const name of parts) {
    const node = directory.names.get(name);
    if (node === undefined || directory.durable.get(name) !== node) return false;
    if (node.kind === "file") return node.content.isDurable;
    directory = node;
  }
  return false;
}
