import {
  assertMagic,
  FRAME_HEADER_BYTES,
  parseHeader,
  type Checksum,
  type FrameFormatKind,
  type FrameHeader,
} from "./frame.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * Cuts a stream of byte pieces into frames, whatever the pieces' sizes. `next` moves to the next frame; `header` and `payload` are then
 * its, `offset` where it stands in the stream, `nextOffset` where the one after it does. A payload that lies in one piece at a
 * multiple of eight is a view of it, any other a copy; either is aligned to eight bytes. TM_SOURCE from `next` for a header that
 * cannot be used.
 */
export class FrameCutter {
  /** The current frame's; null if the input ended before the frame did. */
  header: FrameHeader | null = null;
  /** The current frame's; of one that is not whole, what is there of it. */
  payload: Uint8Array = NO_BYTES;
  offset: number;
  nextOffset: number;
  readonly #format: FrameFormatKind;
  readonly #input: string;
  readonly #checksum: Checksum;
  #piece: Uint8Array = NO_BYTES;
  #at = 0;
  /** A frame of which a part is in earlier pieces: room for its header, then for all of it. */
  #partial: Uint8Array | null = null;
  #filled = 0;
  #partialHeader: FrameHeader | null = null;
  #hasEnded = false;
  /** Memory of frames of which a part was in an earlier piece; null: each gets its own. */
  #room: Uint8Array | null = null;

  constructor(options: { format: FrameFormatKind; offset: number; input: string; checksum: Checksum }) {
    this.#format = options.format;
    this.#input = options.input;
    this.#checksum = options.checksum;
    this.offset = options.offset;
    this.nextOffset = options.offset;
  }

  /** From now on a frame is done with before the next call of `next`. */
  lend(): void {
    this.#room = NO_BYTES;
  }

  /** Gives the next piece; only after `next` said false. The piece must not change later. */
  push(piece: Uint8Array): void {
    this.#piece = piece;
    this.#at = 0;
  }

  /** No more pieces come. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Moves to the next frame; false: more bytes are needed, or there are none. */
  next(): boolean {
    if (this.#partial !== null) return this.#goOn(this.#partial);
    const from = this.#at;
    const rest = this.#piece.length - from;
    if (rest === 0) return false;
    if (rest < FRAME_HEADER_BYTES) return this.#goOn(this.#roomFor(FRAME_HEADER_BYTES));
    const header = this.#parse(this.#piece.subarray(from, from + FRAME_HEADER_BYTES));
    const bytes = FRAME_HEADER_BYTES + header.payloadBytes;
    const payloadFrom = from + FRAME_HEADER_BYTES;
    if (rest >= bytes && (this.#piece.byteOffset + payloadFrom) % 8 === 0) {
      this.#at += bytes;
      this.#take(header, this.#piece.subarray(payloadFrom, from + bytes), bytes);
      return true;
    }
    this.#partialHeader = header;
    return this.#goOn(this.#roomFor(bytes));
  }

  /** Fills a frame from the current piece. */
  #goOn(room: Uint8Array): boolean {
    let partial = room;
    for (;;) {
      const taken = Math.min(partial.length - this.#filled, this.#piece.length - this.#at);
      partial.set(this.#piece.subarray(this.#at, this.#at + taken), this.#filled);
      this.#at += taken;
      this.#filled += taken;
      if (this.#filled < partial.length) {
        this.#partial = partial;
        if (!this.#hasEnded) return false;
        this.#takeTruncated(partial.subarray(0, this.#filled));
        return true;
      }
      const header = (this.#partialHeader ??= this.#parse(partial));
      const bytes = FRAME_HEADER_BYTES + header.payloadBytes;
      if (partial.length === bytes) {
        this.#take(header, partial.subarray(FRAME_HEADER_BYTES), bytes);
        return true;
      }
      const whole = this.#roomFor(bytes);
      whole.set(partial);
      partial = whole;
    }
  }

  #roomFor(bytes: number): Uint8Array {
    if (this.#room === null) return new Uint8Array(bytes);
    if (this.#room.length < bytes) this.#room = new Uint8Array(bytes * 2);
    return this.#room.subarray(0, bytes);
  }

  #parse(bytes: Uint8Array): FrameHeader {
    return parseHeader(bytes, { format: this.#format, facts: this.#facts() }, this.#checksum);
  }

  #takeTruncated(bytes: Uint8Array): void {
    assertMagic(bytes, { format: this.#format, facts: this.#facts() });
    this.#take(null, bytes, bytes.length);
  }

  #take(header: FrameHeader | null, payload: Uint8Array, bytes: number): void {
    this.header = header;
    this.payload = payload;
    this.offset = this.nextOffset;
    this.nextOffset += bytes;
    this.#partial = null;
    this.#partialHeader = null;
    this.#filled = 0;
  }

  #facts(): { input: string; offset: number } {
    return { input: this.#input, offset: this.nextOffset };
  }
}
