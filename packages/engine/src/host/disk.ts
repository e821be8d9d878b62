/**
 * Files of a host. Paths are absolute or relative to the working directory, `/`-separated.
 * Contract: what was written is durable only after `sync()` on the file; a created, renamed or linked name is
 * durable only after `syncDirectory` on its directory. A failed sync is never retried: the caller gives the file up.
 * Failures are TidemarkError TM_IO (TM_NOT_FOUND where the path does not exist, EEXIST is a `false` or TM_IO with
 * fact `errno=EEXIST` as each method says) with facts `path` and `errno`.
 */
export interface Disk {
  /** Opens for reading from any offset. */
  openRead(path: string): Promise<ReadableFile>;
  /**
   * Opens for writing. `create` makes an empty file and fails with errno=EEXIST if the name exists;
   * `append` opens or makes it and keeps its content.
   */
  openWrite(path: string, mode: "create" | "append"): Promise<WritableFile>;
  /** Whole content of a file of at most `maxBytes` (default 64 MiB). */
  readFile(path: string, options?: { maxBytes?: number }): Promise<Uint8Array>;
  /** Gives `from` the second name `to`, atomically and only if `to` does not exist; false if it does. */
  link(from: string, to: string): Promise<boolean>;
  /** Renames, atomically replacing `to`. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; absent is fine. */
  remove(path: string): Promise<void>;
  /** Removes a directory with all that is in it; absent is fine. */
  removeTree(path: string): Promise<void>;
  /** Names in a directory, sorted by code unit; an absent directory is TM_NOT_FOUND. */
  list(path: string): Promise<readonly string[]>;
  /** Size and kind; null if absent. */
  stat(path: string): Promise<FileStat | null>;
  /** Makes a directory and its parents; existing is fine. */
  makeDirectory(path: string): Promise<void>;
  /** Makes names created, linked, renamed or removed in `path` durable. */
  syncDirectory(path: string): Promise<void>;
  /** Takes an exclusive lock on `path` (made if absent, never deleted) that ends with this process; null if another owner holds it. */
  lock(path: string): Promise<FileLock | null>;
}

export interface FileStat {
  readonly kind: "file" | "directory" | "other";
  readonly sizeBytes: number;
}

export interface ReadableFile {
  /** Fills `target` from `offset` as far as the file goes; returns the bytes read, 0 at the end. */
  read(target: Uint8Array, offset: number): Promise<number>;
  sizeBytes(): Promise<number>;
  close(): Promise<void>;
}

export interface WritableFile {
  /** Appends all of `bytes`. The caller leaves `bytes` untouched until it resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** Cuts the file to `sizeBytes`; later writes append there. */
  truncate(sizeBytes: number): Promise<void>;
  /** Makes all that was written durable. After a failure the file is unusable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileLock {
  release(): Promise<void>;
}
