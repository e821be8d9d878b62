import { jsonText } from "./json-text.ts";

/** What is taken is a view of a piece of memory of this size; a piece that is used up is let go of. */
const PIECE_BYTES = 1_024 * 1_024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DIGIT_0 = 0x30;
const MINUS = 0x2d;
const COMMA = 0x2c;
/** Begins a surrogate where the next byte is A0 or more. */
const SURROGATE = 0xed;
/** Whole numbers below it are written digit by digit. */
const WHOLE_MAX = 1e15;
/** Of what is written so, at a time, with sign. */
const DIGITS_MAX = 12;
/** A string's bytes in UTF-8 are at most this many times its length. */
const BYTES_PER_UNIT = 3;

/** Bytes of JSON that grow as values are written to them. Every value is written as `jsonText` writes it. */
export class JsonBytes {
  readonly #utf8 = new TextEncoder();
  #bytes = new Uint8Array(PIECE_BYTES);
  /** Where what is not taken begins. */
  #begin = 0;
  #end = 0;

  /** What was written since the last `take`; it is never written to again. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(this.#begin, this.#end);
    this.#begin = this.#end;
    return taken;
  }

  byte(byte: number): void {
    if (this.#end === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#end++] = byte;
  }

  /** Text that is JSON already, in bytes. */
  raw(text: Uint8Array): void {
    const { length } = text;
    if (this.#end + length > this.#bytes.length) this.#grow(length);
    const bytes = this.#bytes;
    let end = this.#end;
    for (let i = 0; i < length; i++) bytes[end++] = text[i] as number;
    this.#end = end;
  }

  /** Text that is JSON already. */
  text(text: string): void {
    const most = text.length * BYTES_PER_UNIT;
    if (this.#end + most > this.#bytes.length) this.#grow(most);
    this.#end += this.#utf8.encodeInto(text, this.#bytes.subarray(this.#end)).written;
  }

  number(value: number): void {
    const low = value | 0;
    if (low === value) this.#int32(low);
    else if (value < WHOLE_MAX && value > -WHOLE_MAX && Math.trunc(value) === value) this.#whole(value);
    else this.text(jsonText(value));
  }

  string(value: string): void {
    const { length } = value;
    if (this.#end + length + 2 > this.#bytes.length) this.#grow(length + 2);
    const bytes = this.#bytes;
    let end = this.#end;
    bytes[end++] = QUOTE;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7e || unit < 0x20 || unit === QUOTE || unit === BACKSLASH) {
        this.text(jsonText(value));
        return;
      }
      bytes[end++] = unit;
    }
    bytes[end++] = QUOTE;
    this.#end = end;
  }

  /** A string whose UTF-8 is there; false, and nothing is written, if it has characters that JSON escapes. */
  stringOfBytes(from: Uint8Array, offset: number, length: number): boolean {
    if (this.#end + length + 2 > this.#bytes.length) this.#grow(length + 2);
    const bytes = this.#bytes;
    let end = this.#end;
    bytes[end++] = QUOTE;
    for (let i = offset; i < offset + length; i++) {
      const byte = from[i] as number;
      if (byte < 0x20 || byte === QUOTE || byte === BACKSLASH || byte === SURROGATE) return false;
      bytes[end++] = byte;
    }
    bytes[end++] = QUOTE;
    this.#end = end;
    return true;
  }

  /** Takes back the comma behind what was written last. */
  closeObject(): void {
    if (this.#bytes[this.#end - 1] === COMMA) this.#end--;
    this.byte(0x7d);
  }

  /** Forgets what was written since the last `take`. */
  reset(): void {
    this.#end = this.#begin;
  }

  #int32(value: number): void {
    if (this.#end + DIGITS_MAX > this.#bytes.length) this.#grow(DIGITS_MAX);
    const bytes = this.#bytes;
    let end = this.#end;
    // The least one has no positive counterpart in 32 bits.
    if (value === -2_147_483_648) {
      this.text("-2147483648");
      return;
    }
    let rest = value;
    if (value < 0) {
      bytes[end++] = MINUS;
      rest = -value;
    }
    end += digitsOf(rest);
    this.#end = end;
    do {
      const next = (rest / 10) | 0;
      bytes[--end] = DIGIT_0 + rest - next * 10;
      rest = next;
    } while (rest !== 0);
  }

  /** One that does not fit 32 bits. */
  #whole(value: number): void {
    const size = Math.abs(value);
    const high = Math.floor(size / 1e9);
    this.#int32(value < 0 ? -high : high);
    if (this.#end + DIGITS_MAX > this.#bytes.length) this.#grow(DIGITS_MAX);
    nineDigits(this.#bytes, this.#end + 9, (size - high * 1e9) | 0);
    this.#end += 9;
  }

  #grow(by: number): void {
    const written = this.#bytes.subarray(this.#begin, this.#end);
    const grown = new Uint8Array(Math.max(PIECE_BYTES, 2 * (written.length + by)));
    grown.set(written);
    this.#bytes = grown;
    this.#begin = 0;
    this.#end = written.length;
  }
}

function digitsOf(value: number): number {
  if (value < 100_000) {
    if (value < 100) return value < 10 ? 1 : 2;
    return value < 1_000 ? 3 : value < 10_000 ? 4 : 5;
  }
  if (value < 10_000_000) return value < 1_000_000 ? 6 : 7;
  return value < 100_000_000 ? 8 : value < 1_000_000_000 ? 9 : 10;
}

/** Writes nine digits that end before `end`. */
function nineDigits(bytes: Uint8Array, end: number, value: number): void {
  let rest = value;
  for (let at = end - 1; at >= end - 9; at--) {
    const next = (rest / 10) | 0;
    bytes[at] = DIGIT_0 + rest - next * 10;
    rest = next;
  }
}
