import type { FileHandle } from "node:fs/promises";
import { TidemarkError } from "../foundation/error.ts";
import type { ReadableFile, WritableFile } from "../host/disk.ts";
import { diskCall } from "./disk-error.ts";

/** An open file, read by offset. */
export class NodeReadableFile implements ReadableFile {
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  read(target: Uint8Array, offset: number): Promise<number> {
    return diskCall("read", this.#path, async () => {
      let filled = 0;
      while (filled < target.length) {
        const { bytesRead } = await this.#handle.read(target, filled, target.length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    });
  }

  sizeBytes(): Promise<number> {
    return diskCall("look at", this.#path, async () => (await this.#handle.stat()).size);
  }

  close(): Promise<void> {
    return diskCall("close", this.#path, () => this.#handle.close());
  }
}

/** A file opened for appending. Calls are carried out one after the other; after the first failure only `close` works. */
export class NodeWritableFile implements WritableFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  /** Never rejects: the end of the calls so far. */
  #tail: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | null = null;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#inTurn("write", async () => {
      let written = 0;
      while (written < bytes.length) {
        const { bytesWritten } = await this.#handle.write(bytes, written, bytes.length - written, null);
        if (bytesWritten === 0) {
          throw new TidemarkError("TM_IO", "cannot write: the disk takes no more bytes", {
            facts: { path: this.#path, errno: "unknown", written, toWrite: bytes.length },
          });
        }
        written += bytesWritten;
      }
    });
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#inTurn("truncate", () => this.#handle.truncate(sizeBytes));
  }

  sync(): Promise<void> {
    // Data and the size are what must survive; times need not, so datasync does.
    return this.#inTurn("sync", () => this.#handle.datasync());
  }

  async close(): Promise<void> {
    await this.#tail;
    await diskCall("close", this.#path, () => this.#handle.close());
  }

  #inTurn(doing: string, call: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(async () => {
      if (this.#failure !== null) throw this.#failure.error;
      try {
        await diskCall(doing, this.#path, call);
      } catch (error) {
        // What the kernel holds is unknown from here on: a later call that succeeded would hide the loss.
        this.#failure = { error };
        throw error;
      }
    });
    this.#tail = done.catch(() => {});
    return done;
  }
}
