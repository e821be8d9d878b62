import { execFile } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { MOUNT_REQUIREMENTS, PrivateMount } from "./private-mount.ts";
import type { Requirements } from "./requirements.ts";

const execute = promisify(execFile);

/** What {@link makeImage} and what follows it need. */
export const IMAGE_REQUIREMENTS: Requirements = {
  commands: [...(MOUNT_REQUIREMENTS.commands ?? []), "mkfs.ext4", "e2fsck"],
  root: true,
};

/** Makes a file that holds an empty ext4 file system with a journal. */
export async function makeImage(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, "w");
  await file.truncate(sizeBytes);
  await file.close();
  await execute("mkfs.ext4", ["-q", "-F", "-b", "1024", "-J", "size=4", path]);
}

/** Mounts an image, which replays its journal. */
export function mountImage(path: string, mountPoint: string): Promise<PrivateMount> {
  return PrivateMount.open(["-t", "ext4", "-o", "loop,errors=remount-ro", path], mountPoint);
}

/** Rejects if the file system of an unmounted image is not in order. */
export async function checkImage(path: string): Promise<void> {
  await execute("e2fsck", ["-f", "-n", path]);
}

/** Copies an image while it is mounted and written to. */
export class ImageCopier {
  readonly #path: string;
  readonly #first: Buffer;
  readonly #second: Buffer;

  constructor(path: string, sizeBytes: number) {
    this.#path = path;
    this.#first = Buffer.alloc(sizeBytes);
    this.#second = Buffer.alloc(sizeBytes);
  }

  /**
   * The bytes of the image at one instant: what its disk would hold had the power failed then, with all that was only in the kernel's memory
   * lost. Null if it was written to during each of the attempts. The bytes are valid until the next call.
   */
  copyWhenStill(attempts: number): Buffer | null {
    for (let attempt = 0; attempt < attempts; attempt++) {
      this.#read(this.#first);
      // Every block was read before any is read again: if none differs, all were so at once, between the two.
      this.#read(this.#second);
      if (this.#first.equals(this.#second)) return this.#first;
    }
    return null;
  }

  /** At once and without giving way, so that the two reads are close together. */
  #read(target: Buffer): void {
    const file = openSync(this.#path, "r");
    try {
      for (let at = 0; at < target.length;) {
        const length = readSync(file, target, at, target.length - at, at);
        if (length === 0) throw new Error(`the image ${this.#path} is shorter than it was made`);
        at += length;
      }
    } finally {
      closeSync(file);
    }
  }
}
