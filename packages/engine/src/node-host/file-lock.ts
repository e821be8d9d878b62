import { open, stat, type FileHandle } from "node:fs/promises";
import { TidemarkError } from "../foundation/error.ts";
import type { FileLock } from "../host/disk.ts";
import { errnoOf } from "./disk-error.ts";

/** `kernel`: a lock of the open file, by the optional native package. `sqlite`: an exclusive SQLite lock on a companion file. */
export type LockKind = "kernel" | "sqlite";

/** How often a lock file that was replaced under our hands is opened again. */
const ATTEMPTS_MAX = 10;

type TryLock = (fd: number) => boolean;

/** Locks this thread holds, by what identifies them. It also keeps the handles reachable: a collected handle would close and unlock. */
const held = new Map<string, { close(): void | Promise<void> }>();

/**
 * Takes an exclusive lock on the file `path`, made if absent; null if someone holds it, in this process or another. It
 * ends with `release` or with the process, however that ends. Without `kind`: the kernel's lock if the optional package
 * fs-native-extensions can be loaded. The two kinds do not see each other; an owner's epoch is what fences for certain.
 */
export async function lockFile(path: string, kind?: LockKind): Promise<FileLock | null> {
  const tryLock = kind === "sqlite" ? null : await kernelLock();
  if (tryLock !== null) return openFileLock(path, tryLock);
  if (kind === "kernel") {
    throw new TidemarkError(
      "TM_IO",
      "the kernel's file lock needs the package fs-native-extensions; install it or leave the kind of lock open",
      {
        facts: { path },
      },
    );
  }
  return sqliteLock(path);
}

async function kernelLock(): Promise<TryLock | null> {
  try {
    return (await import("fs-native-extensions")).tryLock;
  } catch {
    // Not installed, or not built for this platform: it is optional.
    return null;
  }
}

async function openFileLock(path: string, tryLock: TryLock): Promise<FileLock | null> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const handle = await open(path, "a+");
    let keep = false;
    try {
      const id = await identity(handle);
      if (held.has(id) || !tryLock(handle.fd)) return null;
      // The name may have been given to another file between open and lock: then the lock guards nothing.
      if (id === (await identityOf(path))) {
        keep = true;
        return holding(id, handle);
      }
    } finally {
      if (!keep) await handle.close();
    }
  }
  return null;
}

async function sqliteLock(path: string): Promise<FileLock | null> {
  await (await open(path, "a")).close();
  // A file of its own: POSIX drops a process's lock when the process closes the file anywhere, so nothing else may open it.
  const companion = `${path}.owner`;
  const id = `sqlite:${companion}`;
  if (held.has(id)) return null;
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(companion, { timeout: 0 });
  try {
    database.exec("pragma locking_mode = exclusive");
    database.exec("begin exclusive");
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
  return holding(id, database);
}

function isBusy(error: unknown): boolean {
  const SQLITE_BUSY = 5;
  return typeof error === "object" && error !== null && "errcode" in error && error.errcode === SQLITE_BUSY;
}

function holding(id: string, holder: { close(): void | Promise<void> }): FileLock {
  held.set(id, holder);
  let released: Promise<void> | null = null;
  const release = async (): Promise<void> => {
    await holder.close();
    held.delete(id);
  };
  return { release: () => (released ??= release()) };
}

async function identity(handle: FileHandle): Promise<string> {
  const { dev, ino } = await handle.stat({ bigint: true });
  return `file:${dev}:${ino}`;
}

async function identityOf(path: string): Promise<string | null> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `file:${dev}:${ino}`;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}
