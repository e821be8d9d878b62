import { crc32 } from "../foundation/crc32.ts";
import type { Disk, WritableFile } from "../host/disk.ts";
import type { StagedFile } from "./file-sink-plan.ts";

/** Lines are handed to the disk in pieces of about this size. */
const FLUSH_BYTES = 256 * 1_024;

/**
 * One file of staged lines while it is written. `add` only buffers; everything else is in order, one step after the other, and
 * after a failure each later call rejects with it: a file whose write or sync failed is never trusted again.
 */
export class StagedOutput {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #openName: string;
  #buffered: Uint8Array[] = [];
  #bufferedBytes = 0;
  #bytes = 0;
  #crc32 = 0;
  #file: WritableFile | null = null;
  #steps: Promise<void> = Promise.resolve();
  #isFlushing = false;

  constructor(options: { disk: Disk; directory: string; openName: string }) {
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#openName = options.openName;
  }

  /** Bytes added and not yet written. */
  get backlogBytes(): number {
    return this.#bufferedBytes;
  }

  add(bytes: Uint8Array): void {
    this.#buffered.push(bytes);
    this.#bufferedBytes += bytes.length;
    if (this.#bufferedBytes >= FLUSH_BYTES && !this.#isFlushing) this.#startFlush();
  }

  /** Resolves when everything added so far is written. */
  async flushed(): Promise<void> {
    this.#startFlush();
    await this.#steps;
  }

  /** Makes everything durable under its final name. */
  async seal(name: string): Promise<StagedFile> {
    await this.flushed();
    const file = await this.#openFile();
    await file.sync();
    this.#file = null;
    await file.close();
    await this.#disk.rename(`${this.#directory}/${this.#openName}`, `${this.#directory}/${name}`);
    await this.#disk.syncDirectory(this.#directory);
    return { file: name, bytes: this.#bytes, crc32: this.#crc32 };
  }

  /** Closes the file without sealing it; what was written is garbage. */
  async abandon(): Promise<void> {
    await this.#steps.catch(() => {
      // Whoever waited for the write was told; here only the handle matters.
    });
    await this.#file?.close();
  }

  #startFlush(): void {
    this.#isFlushing = true;
    this.#steps = this.#steps.then(() => this.#flush());
    // The failure is kept in #steps, for flushed() and seal() to reject with; nobody may be waiting yet.
    this.#steps.catch(() => undefined);
  }

  async #flush(): Promise<void> {
    while (this.#buffered.length > 0) {
      const parts = this.#buffered;
      const bytes = this.#bufferedBytes;
      this.#buffered = [];
      const piece = joined(parts, bytes);
      const file = await this.#openFile();
      await file.write(piece);
      this.#crc32 = crc32(piece, this.#crc32);
      this.#bytes += piece.length;
      this.#bufferedBytes -= piece.length;
    }
    this.#isFlushing = false;
  }

  async #openFile(): Promise<WritableFile> {
    this.#file ??= await this.#disk.openWrite(`${this.#directory}/${this.#openName}`, "create");
    return this.#file;
  }
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
