import { TidemarkError } from "../foundation/error.ts";
import type { Disk, FileLock, FileStat, ReadableFile, WritableFile } from "../host/disk.ts";
import type { MemoryLife } from "./memory-host-life.ts";
import { MemoryDirectory, MemoryFile, pathParts, type MemoryNode } from "./memory-host-volume.ts";

const READ_FILE_BYTES_MAX = 64 * 1024 * 1024;

/** The disk as one process sees it. */
export function memoryDisk(root: MemoryDirectory, life: MemoryLife): Disk {
  const disk = new DiskOfProcess(root, life);
  return {
    openRead: (path) => life.call(() => disk.openRead(path)),
    openWrite: (path, mode) => life.call(() => disk.openWrite(path, mode)),
    readFile: (path, { maxBytes = READ_FILE_BYTES_MAX } = {}) => life.call(() => disk.readFile(path, maxBytes)),
    link: (from, to) => life.call(() => disk.link(from, to)),
    rename: (from, to) => life.call(() => disk.rename(from, to)),
    remove: (path) => life.call(() => disk.remove(path)),
    removeTree: (path) => life.call(() => disk.removeTree(path)),
    list: (path) => life.call(() => [...disk.directory(path, "list").names.keys()].sort()),
    stat: (path) => life.call(() => disk.stat(path)),
    makeDirectory: (path) => life.call(() => disk.makeDirectory(path)),
    syncDirectory: (path) => life.call(() => disk.directory(path, "sync the directory").sync()),
    lock: (path) => life.call(() => disk.lock(path)),
  };
}

class DiskOfProcess {
  readonly #root: MemoryDirectory;
  readonly #life: MemoryLife;

  constructor(root: MemoryDirectory, life: MemoryLife) {
    this.#root = root;
    this.#life = life;
  }

  openRead(path: string): ReadableFile {
    return readable(this.#file(path, "open"), path, this.#life);
  }

  openWrite(path: string, mode: "create" | "append"): WritableFile {
    const { directory, name } = this.#place(path, "open for writing");
    const found = directory.names.get(name);
    if (found !== undefined && mode === "create") throw ioError("EEXIST", "open for writing", path);
    if (found instanceof MemoryDirectory) throw ioError("EISDIR", "open for writing", path);
    const file = found ?? new MemoryFile();
    directory.names.set(name, file);
    return writable(file, path, this.#life);
  }

  readFile(path: string, maxBytes: number): Uint8Array {
    const file = this.#file(path, "open");
    if (file.length > maxBytes) throw ioError("EFBIG", "read at once", path);
    const bytes = new Uint8Array(file.length);
    file.read(bytes, 0);
    return bytes;
  }

  link(from: string, to: string): boolean {
    const file = this.#file(from, "link");
    const { directory, name } = this.#place(to, "link");
    if (directory.names.has(name)) return false;
    directory.names.set(name, file);
    return true;
  }

  rename(from: string, to: string): void {
    const source = this.#place(from, "rename");
    const node = source.directory.names.get(source.name);
    if (node === undefined) throw ioError("ENOENT", "rename", from);
    const target = this.#place(to, "rename");
    const replaced = target.directory.names.get(target.name);
    if (replaced === node) return;
    if (replaced instanceof MemoryDirectory)
      throw ioError(node instanceof MemoryFile ? "EISDIR" : "ENOTEMPTY", "rename", to);
    if (replaced !== undefined && node instanceof MemoryDirectory) throw ioError("ENOTDIR", "rename", to);
    source.directory.names.delete(source.name);
    target.directory.names.set(target.name, node);
  }

  remove(path: string): void {
    const place = this.#placeOrNull(path);
    const node = place?.directory.names.get(place.name);
    if (node instanceof MemoryDirectory) throw ioError("EISDIR", "remove", path);
    place?.directory.names.delete(place.name);
  }

  removeTree(path: string): void {
    const place = this.#placeOrNull(path);
    place?.directory.names.delete(place.name);
  }

  stat(path: string): FileStat | null {
    const node = this.#node(path);
    if (node === null) return null;
    return node instanceof MemoryFile ? { kind: "file", sizeBytes: node.length } : { kind: "directory", sizeBytes: 0 };
  }

  makeDirectory(path: string): void {
    let directory = this.#root;
    for (const name of pathParts(path)) {
      const found = directory.names.get(name) ?? new MemoryDirectory();
      if (found instanceof MemoryFile) throw ioError("ENOTDIR", "make the directory", path);
      directory.names.set(name, found);
      directory = found;
    }
  }

  lock(path: string): FileLock | null {
    const { directory, name } = this.#place(path, "lock");
    const file = directory.names.get(name) ?? new MemoryFile();
    if (file instanceof MemoryDirectory) throw ioError("EISDIR", "lock", path);
    directory.names.set(name, file);
    if (file.lockedBy?.alive === true) return null;
    const life = this.#life;
    file.lockedBy = life;
    let held = true;
    return {
      release: () =>
        life.call(() => {
          if (held) file.lockedBy = null;
          held = false;
        }),
    };
  }

  directory(path: string, doing: string): MemoryDirectory {
    const node = this.#node(path);
    if (node === null) throw ioError("ENOENT", doing, path);
    if (node instanceof MemoryFile) throw ioError("ENOTDIR", doing, path);
    return node;
  }

  #file(path: string, doing: string): MemoryFile {
    const node = this.#node(path);
    if (node === null) throw ioError("ENOENT", doing, path);
    if (node instanceof MemoryDirectory) throw ioError("EISDIR", doing, path);
    return node;
  }

  #node(path: string): MemoryNode | null {
    let node: MemoryNode = this.#root;
    for (const name of pathParts(path)) {
      const below: MemoryNode | undefined = node instanceof MemoryDirectory ? node.names.get(name) : undefined;
      if (below === undefined) return null;
      node = below;
    }
    return node;
  }

  #place(path: string, doing: string): { directory: MemoryDirectory; name: string } {
    const place = this.#placeOrNull(path);
    if (place === null) throw ioError("ENOENT", doing, path);
    return place;
  }

  /** The directory that holds or would hold the last name of a path; null if there is none. */
  #placeOrNull(path: string): { directory: MemoryDirectory; name: string } | null {
    const parts = pathParts(path);
    const name = parts.at(-1);
    if (name === undefined) return null;
    const directory = this.#node(parts.slice(0, -1).join("/"));
    return directory instanceof MemoryDirectory ? { directory, name } : null;
  }
}

function readable(file: MemoryFile, path: string, life: MemoryLife): ReadableFile {
  let open = true;
  const call = <T>(doing: string, act: () => T): Promise<T> =>
    life.call(() => {
      if (!open) throw ioError("EBADF", doing, path);
      return act();
    });
  return {
    read: (target, offset) => call("read", () => file.read(target, offset)),
    sizeBytes: () => call("look at", () => file.length),
    close: () => call("close", () => void (open = false)),
  };
}

function writable(file: MemoryFile, path: string, life: MemoryLife): WritableFile {
  let open = true;
  const call = (doing: string, act: () => void): Promise<void> =>
    life.call(() => {
      if (!open) throw ioError("EBADF", doing, path);
      act();
    });
  return {
    write: (bytes) => call("write", () => file.append(bytes)),
    truncate: (sizeBytes) => call("truncate", () => file.truncate(sizeBytes)),
    sync: () => call("sync", () => file.sync()),
    close: () => call("close", () => void (open = false)),
  };
}

function ioError(errno: string, doing: string, path: string): TidemarkError {
  const absent = errno === "ENOENT";
  const message = `cannot ${doing}: ${absent ? "no such file or directory" : `the in-memory disk says ${errno}`}`;
  return new TidemarkError(absent ? "TM_NOT_FOUND" : "TM_IO", message, { facts: { path, errno } });
}
