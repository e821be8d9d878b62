import type { BytePieces } from "./byte-pieces.ts";

/**
 * Reads pieces in the background, so that `take` never waits. Stops reading while `bytesMax` or more are waiting to be taken.
 */
export class ReadAhead {
  readonly #pieces: BytePieces;
  readonly #bytesMax: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #hasEnded = false;
  #isClosed = false;
  #failure: { readonly error: unknown } | null = null;
  #reading: Promise<void> | null = null;

  constructor(pieces: BytePieces, options: { bytesMax: number }) {
    this.#pieces = pieces;
    this.#bytesMax = options.bytesMax;
    this.#readOn();
  }

  /** The next piece; null: none now, see `hasEnded` and `ready`. */
  take(): Uint8Array | null {
    const piece = this.#waiting.shift();
    if (piece === undefined) return null;
    this.#waitingBytes -= piece.length;
    this.#readOn();
    return piece;
  }

  /** Told that nobody looks at a piece that was taken any more. */
  recycle(piece: Uint8Array): void {
    this.#pieces.recycle?.(piece);
  }

  /** True: everything was read and taken. */
  get hasEnded(): boolean {
    return this.#hasEnded && this.#waiting.length === 0;
  }

  /** Resolves when there is a piece, the end, or the reader was closed; rejects with what broke reading. */
  async ready(): Promise<void> {
    while (this.#waiting.length === 0 && !this.#hasEnded && !this.#isClosed) {
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#reading === null) return;
      await this.#reading;
    }
  }

  /** Ends reading; whoever waits for `ready` goes on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pieces.cancel?.();
    await this.#reading;
    await this.#pieces.close();
  }

  /** Starts the background loop unless it runs or has no reason to. It never rejects: `ready` tells what went wrong. */
  #readOn(): void {
    if (this.#reading !== null || this.#mayNotRead()) return;
    const loop = async (): Promise<void> => {
      try {
        await this.#readPiece();
      } catch (error) {
        this.#failure = { error };
      }
      this.#reading = null;
      this.#readOn();
    };
    this.#reading = loop();
  }

  async #readPiece(): Promise<void> {
    const piece = await this.#pieces.next();
    if (piece === null) {
      this.#hasEnded = true;
    } else {
      this.#waiting.push(piece);
      this.#waitingBytes += piece.length;
    }
  }

  #mayNotRead(): boolean {
    return this.#hasEnded || this.#isClosed || this.#failure !== null || this.#waitingBytes >= this.#bytesMax;
  }
}
