import { assert } from "../foundation/assert.ts";

/** The most bytes a record may have; a longer one is invalid and only its beginning is kept. */
export const RECORD_BYTES_MAX: number = 16 * 1_024 * 1_024;

/** Bytes kept of a record that is too long, for its error message. */
const OVERSIZE_KEPT_BYTES = 4_096;

/** Finds where a record ends. Its state covers the bytes of the current record that were looked at so far. */
export interface RecordEnd {
  /** Index after the line feed that ends the current record, looking at bytes[from..]; -1 if it goes on beyond them. */
  find(bytes: Uint8Array, from: number): number;
}

/** A record ends with each line feed. */
export const LINE_END: RecordEnd = {
  find: (bytes, from) => bytes.indexOf(0x0a, from) + 1 || -1,
};

/**
 * Cuts a stream of byte pieces into records, whatever the pieces' sizes. `next` moves to the next record; `bytes` is then the record
 * without its line end (LF or CRLF), `offset` where it stands in the stream, `nextOffset` where the one after it does. What follows
 * the last line end is a record too, once `end` was called.
 */
export class RecordCutter {
  /** The current record; valid until the next call of `next` or `push`. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Stream offset of the current record. */
  offset: number;
  /** Stream offset of the record after the current one: where to resume. */
  nextOffset: number;
  /** True: the current record is longer than the limit and `bytes` is only its beginning. */
  isOversize = false;
  readonly #recordEnd: RecordEnd;
  readonly #bytesMax: number;
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Earlier pieces of a record that goes on in the current piece. */
  #carried: Uint8Array[] = [];
  #carriedBytes = 0;
  #droppedBytes = 0;
  #hasEnded = false;

  constructor(options: { recordEnd: RecordEnd; offset: number; bytesMax?: number }) {
    this.#recordEnd = options.recordEnd;
    this.#bytesMax = options.bytesMax ?? RECORD_BYTES_MAX;
    // So that what is kept of a record that is too long does not depend on how the stream was cut into pieces.
    assert(
      this.#bytesMax >= OVERSIZE_KEPT_BYTES,
      "the limit of a record is below what is kept of one that is too long",
    );
    this.offset = options.offset;
    this.nextOffset = options.offset;
  }

  /** Gives the next piece; only after `next` said false. The piece must not change before it says so again. */
  push(piece: Uint8Array): void {
    this.#piece = piece;
    this.#at = 0;
  }

  /** No more pieces come. */
  end(): void {
    this.#hasEnded = true;
  }

  /** What `next` would cut its records from; null: none, or the current record began in an earlier piece. */
  rest(): Uint8Array | null {
    if (this.#at === this.#piece.length || this.#carriedBytes + this.#droppedBytes > 0) return null;
    return this.#piece.subarray(this.#at);
  }

  /** Moves past the first `bytes` bytes of `rest()`, which are whole records. */
  skip(bytes: number): void {
    this.#at += bytes;
    this.nextOffset += bytes;
  }

  /** Moves to the next record; false: more bytes are needed, or there are none. */
  next(): boolean {
    const from = this.#at;
    const end = from < this.#piece.length ? this.#recordEnd.find(this.#piece, from) : -1;
    if (end === -1) {
      if (from < this.#piece.length) this.#carry(this.#piece.subarray(from));
      this.#at = this.#piece.length;
      if (!this.#hasEnded || this.#carriedBytes + this.#droppedBytes === 0) return false;
      this.#take(new Uint8Array(0));
      return true;
    }
    this.#at = end;
    this.#take(this.#piece.subarray(from, end));
    return true;
  }

  #carry(part: Uint8Array): void {
    if (this.#droppedBytes > 0 || this.#carriedBytes + part.length > this.#bytesMax) {
      if (this.#droppedBytes === 0) this.#keepBeginning(part);
      this.#droppedBytes += part.length;
    } else {
      this.#carried.push(part.slice());
      this.#carriedBytes += part.length;
    }
  }

  /** Of a record that turned out too long only a beginning is kept; `part` is its newest piece, counted by the caller. */
  #keepBeginning(part: Uint8Array): void {
    const whole = concat([...this.#carried, part.subarray(0, OVERSIZE_KEPT_BYTES)]);
    this.#carried = [whole.slice(0, OVERSIZE_KEPT_BYTES)];
  }

  #take(last: Uint8Array): void {
    const length = this.#carriedBytes + this.#droppedBytes + last.length;
    this.isOversize = this.#droppedBytes > 0 || length > this.#bytesMax;
    if (this.isOversize) {
      if (this.#droppedBytes === 0) this.#keepBeginning(last);
      this.bytes = this.#carried[0] as Uint8Array;
    } else {
      this.bytes = withoutLineEnd(this.#carried.length === 0 ? last : concat([...this.#carried, last]));
    }
    this.offset = this.nextOffset;
    this.nextOffset += length;
    this.#carried = [];
    this.#carriedBytes = 0;
    this.#droppedBytes = 0;
  }
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  if (bytes[end - 1] !== 0x0a) return bytes;
  end--;
  if (bytes[end - 1] === 0x0d) end--;
  return bytes.subarray(0, end);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
