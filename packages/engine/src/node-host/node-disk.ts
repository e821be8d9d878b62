import { constants } from "node:fs";
import { link, mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { TidemarkError } from "../foundation/error.ts";
import type { Disk, FileStat } from "../host/disk.ts";
import { diskCall, diskError, errnoOf } from "./disk-error.ts";
import { lockFile, type LockKind } from "./file-lock.ts";
import { NodeReadableFile, NodeWritableFile } from "./node-files.ts";

const READ_FILE_BYTES_MAX = 64 * 1024 * 1024;

/** The file system of this machine. `lockKind` forces one way of locking; tests use it. */
export function nodeDisk(options: { lockKind?: LockKind } = {}): Disk {
  return {
    openRead: (path) => diskCall("open", path, async () => new NodeReadableFile(path, await open(path, "r"))),
    openWrite: (path, mode) =>
      // Both modes append in the kernel, so that a write after a truncate lands at the new end.
      diskCall(
        "open for writing",
        path,
        async () => new NodeWritableFile(path, await open(path, mode === "create" ? "ax" : "a")),
      ),
    readFile: (path, { maxBytes = READ_FILE_BYTES_MAX } = {}) => readFile(path, maxBytes),
    link: linkFile,
    rename: (from, to) => diskCall(`rename to ${to}`, from, () => rename(from, to)),
    remove: removeFile,
    removeTree: (path) => diskCall("remove the directory", path, () => rm(path, { recursive: true, force: true })),
    list: (path) => diskCall("list", path, async () => (await readdir(path)).sort()),
    stat: statPath,
    makeDirectory: async (path) =>
      void (await diskCall("make the directory", path, () => mkdir(path, { recursive: true }))),
    syncDirectory: (path) => diskCall("sync the directory", path, () => syncDirectory(path)),
    lock: (path) => diskCall("lock", path, () => lockFile(path, options.lockKind)),
  };
}

async function readFile(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await diskCall("open", path, async () => new NodeReadableFile(path, await open(path, "r")));
  try {
    const sizeBytes = await file.sizeBytes();
    if (sizeBytes > maxBytes) {
      throw new TidemarkError("TM_IO", "the file is larger than may be read at once", {
        facts: { path, errno: "EFBIG", sizeBytes, maxBytes },
      });
    }
    const bytes = new Uint8Array(sizeBytes);
    const read = await file.read(bytes, 0);
    return read === sizeBytes ? bytes : bytes.slice(0, read);
  } finally {
    await file.close();
  }
}

async function linkFile(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw diskError(error, `link to ${to}`, from);
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw diskError(error, "remove", path);
  }
}

async function statPath(path: string): Promise<FileStat | null> {
  try {
    const found = await stat(path);
    const kind = found.isFile() ? "file" : found.isDirectory() ? "directory" : "other";
    return { kind, sizeBytes: found.size };
  } catch (error) {
    // ENOTDIR: a parent of the path is a file, so nothing can be there.
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return null;
    throw diskError(error, "look at", path);
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has neither the flag nor a way to sync a directory: its names are as durable as they get.
  const directoryOnly = constants.O_DIRECTORY as number | undefined;
  if (directoryOnly === undefined) return;
  const handle = await open(path, constants.O_RDONLY | directoryOnly);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
