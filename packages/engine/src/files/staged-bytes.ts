import { crc32 } from "../foundation/crc32.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { Disk } from "../host/disk.ts";
import { headerBytes, type FilePlan, type StagedFile } from "./file-sink-plan.ts";

const PIECE_BYTES = 1_024 * 1_024;

/** The bytes that a plan adds to its file, in order: the header if the file begins with them, then every staged file. */
export class StagedBytes {
  readonly #disk: Disk;
  readonly #scratch: string;
  readonly #header: Uint8Array;
  readonly #staged: readonly StagedFile[];

  constructor(options: { disk: Disk; scratch: string; plan: FilePlan; staged: readonly StagedFile[] }) {
    const { plan, staged } = options;
    this.#disk = options.disk;
    this.#scratch = options.scratch;
    this.#staged = staged;
    this.#header = headerBytes(plan.from, plan.header, staged);
  }

  /** False: a staged file is gone, as after a commit. */
  async areThere(): Promise<boolean> {
    for (const { file } of this.#staged) {
      if ((await this.#disk.stat(this.#path(file))) === null) return false;
    }
    return true;
  }

  /** TM_CHECKPOINT_CORRUPT unless every staged file is there, byte by byte as it was prepared. */
  async verify(): Promise<void> {
    for (const { file, bytes, crc32: expected } of this.#staged) {
      let length = 0;
      let crc = 0;
      for await (const piece of filePieces(this.#disk, this.#path(file), 0)) {
        length += piece.length;
        crc = crc32(piece, crc);
      }
      if (length === bytes && crc === expected) continue;
      throw new TidemarkError(
        "TM_CHECKPOINT_CORRUPT",
        "the output that a checkpoint staged for a sink is damaged, so it cannot be committed. Restore the file, or start the job afresh with a new sink file",
        {
          facts: {
            path: this.#path(file),
            sizeBytes: length,
            expectedBytes: bytes,
            crc32: crc,
            expectedCrc32: expected,
          },
        },
      );
    }
  }

  /** The bytes after the first `skipBytes`. */
  async *from(skipBytes: number): AsyncGenerator<Uint8Array> {
    let skip = skipBytes;
    if (skip < this.#header.length) yield this.#header.subarray(skip);
    skip = Math.max(0, skip - this.#header.length);
    for (const { file, bytes } of this.#staged) {
      if (skip < bytes) yield* filePieces(this.#disk, this.#path(file), skip);
      skip = Math.max(0, skip - bytes);
    }
  }

  /** Removes the staged files; those that are gone are fine. */
  async remove(): Promise<void> {
    for (const { file } of this.#staged) await this.#disk.remove(this.#path(file));
  }

  #path(file: string): string {
    return `${this.#scratch}/${file}`;
  }
}

/** The content of a file from an offset; nothing if it does not exist. */
export async function* filePieces(disk: Disk, path: string, offset: number): AsyncGenerator<Uint8Array> {
  if ((await disk.stat(path)) === null) return;
  const file = await disk.openRead(path);
  try {
    const sizeBytes = await file.sizeBytes();
    for (let at = offset; at < sizeBytes;) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, sizeBytes - at));
      const length = await file.read(piece, at);
      if (length === 0) return;
      at += length;
      yield piece.subarray(0, length);
    }
  } finally {
    await file.close();
  }
}
