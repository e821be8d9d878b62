import type { Gunzip, ZstdDecompress } from "node:zlib";
import { TidemarkError } from "../foundation/error.ts";

/** One piece of input may not become more than this, so that a few hostile bytes cannot fill the memory. */
const DECODED_BYTES_MAX = 256 * 1024 * 1024;

/** A zlib stream fed one piece at a time; what comes out is handed over per piece. */
export class PieceDecoder {
  readonly #stream: Gunzip | ZstdDecompress;
  readonly #format: string;
  #decoded: Uint8Array[] = [];
  #decodedBytes = 0;
  #ended = false;
  #failure: TidemarkError | null = null;
  /** Ends the wait of the call that is under way. */
  #settle: () => void = () => {};

  constructor(format: string, stream: Gunzip | ZstdDecompress) {
    this.#format = format;
    this.#stream = stream;
    stream.on("data", (bytes: Uint8Array) => this.#take(bytes));
    stream.on("end", () => {
      this.#ended = true;
      this.#settle();
    });
    stream.on("error", (error: Error) => this.#fail(`the ${format} data is malformed or cut off`, error));
  }

  /** Decodes a piece; `used` is less than its length only if the compressed data ended within it. */
  async push(bytes: Uint8Array): Promise<{ decoded: readonly Uint8Array[]; used: number }> {
    const before = this.#stream.bytesWritten;
    await this.#step((done) => this.#stream.write(bytes, done));
    return { decoded: this.#takeDecoded(), used: this.#stream.bytesWritten - before };
  }

  /** Says that no more input comes. */
  async end(): Promise<readonly Uint8Array[]> {
    await this.#step(() => this.#stream.end());
    return this.#takeDecoded();
  }

  /** The compressed data has ended; further pieces are not its own. */
  get ended(): boolean {
    return this.#ended;
  }

  async #step(call: (done: () => void) => void): Promise<void> {
    if (this.#failure === null && !this.#ended) {
      // A stream whose data ended within the piece never calls `done`; its end event comes instead.
      await new Promise<void>((resolve) => {
        this.#settle = resolve;
        call(resolve);
      });
    }
    if (this.#failure !== null) throw this.#failure;
  }

  #take(bytes: Uint8Array): void {
    this.#decodedBytes += bytes.length;
    if (this.#decodedBytes > DECODED_BYTES_MAX) {
      this.#fail(
        `a piece of ${this.#format} data expands to more than ${DECODED_BYTES_MAX} bytes; it is not what it seems`,
      );
      this.#stream.destroy();
      return;
    }
    this.#decoded.push(bytes);
  }

  #takeDecoded(): readonly Uint8Array[] {
    const decoded = this.#decoded;
    this.#decoded = [];
    this.#decodedBytes = 0;
    return decoded;
  }

  #fail(message: string, cause?: unknown): void {
    this.#failure ??= new TidemarkError("TM_SOURCE", message, { cause });
    this.#settle();
  }
}
