const encoder = new TextEncoder();
/** Twice the length of a short text is a varint of one byte. */
const SHORT_TEXT = 63;

/** Grows as it is written; little-endian. What docs/format.md calls varint, f64, text and bytes. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  /** The same bytes, where words are written. */
  #words: Int32Array | null = null;
  #length = 0;

  /** `capacity`: bytes that are likely to be written. */
  constructor(capacity = 64) {
    this.#bytes = new Uint8Array((capacity + 7) & ~7);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** What was written so far; good until the next write. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Room for `length` bytes, which the caller writes into `memory` from the returned place on, before anything else is written. */
  room(length: number): number {
    this.#reserve(length);
    const at = this.#length;
    this.#length = at + length;
    return at;
  }

  /** What {@link room} is in. */
  get memory(): Uint8Array {
    return this.#bytes;
  }

  /** Begins anew, with the memory that it has. */
  reset(): void {
    this.#length = 0;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Unsigned LEB128 of a safe integer >= 0. */
  varint(value: number): void {
    this.#reserve(8);
    if (value < 0x80) {
      this.#bytes[this.#length++] = value;
      return;
    }
    let rest = value;
    let at = this.#length;
    // Nearly all fit into 31 bits, where division is a shift.
    while (rest > 0x7fff_ffff) {
      this.#bytes[at++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest >= 0x80) {
      this.#bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[at++] = rest;
    this.#length = at;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** `count` f64 from `start` on. */
  f64s(values: Float64Array, start: number, count: number): void {
    this.#reserve(count * 8);
    const view = this.#view;
    let at = this.#length;
    for (let i = start; i < start + count; i++) {
      view.setFloat64(at, values[i] as number, true);
      at += 8;
    }
    this.#length = at;
  }

  /** `count` words from `start` on, where a multiple of 4 bytes was written before. */
  words(values: Int32Array, start: number, count: number): void {
    this.#reserve(count * 4);
    const words = (this.#words ??= new Int32Array(this.#bytes.buffer));
    const at = this.#length >>> 2;
    if (count > 256) words.set(values.subarray(start, start + count), at);
    else for (let i = 0; i < count; i++) words[at + i] = values[start + i] as number;
    this.#length += count * 4;
  }

  /** Length as varint, then the bytes. */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  /** The bytes alone. */
  raw(value: Uint8Array): void {
    const { length } = value;
    this.#reserve(length);
    const at = this.#length;
    // A call of `set` costs more than copying a key.
    if (length > 48) this.#bytes.set(value, at);
    else for (let i = 0; i < length; i++) this.#bytes[at + i] = value[i] as number;
    this.#length = at + length;
  }

  /** varint of 2 * byte length, then UTF-8; with lone surrogates, 2 * byte length + 1 and UTF-16 code units: exact for every string. */
  text(value: string): void {
    if (this.#shortAscii(value)) return;
    if (value.isWellFormed()) {
      const utf8 = encoder.encode(value);
      this.varint(utf8.length * 2);
      this.raw(utf8);
      return;
    }
    this.varint(value.length * 4 + 1);
    this.#reserve(value.length * 2);
    for (let i = 0; i < value.length; i++) {
      this.#view.setUint16(this.#length, value.charCodeAt(i), true);
      this.#length += 2;
    }
  }

  /** Most texts are: an encoder's call costs more than their bytes. False, and nothing written, where it is not one. */
  #shortAscii(value: string): boolean {
    const { length } = value;
    if (length > SHORT_TEXT) return false;
    this.#reserve(length + 1);
    const bytes = this.#bytes;
    const at = this.#length + 1;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return false;
      bytes[at + i] = unit;
    }
    bytes[at - 1] = length * 2;
    this.#length = at + length;
    return true;
  }

  #reserve(more: number): void {
    if (this.#length + more > this.#bytes.length) this.#grow(this.#length + more);
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array((Math.max(needed, this.#bytes.length * 2) + 7) & ~7);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#words = null;
  }
}
