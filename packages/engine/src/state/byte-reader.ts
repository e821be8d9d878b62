import { TidemarkError } from "../foundation/error.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads what {@link ByteWriter} wrote. Whatever does not fit is TM_CHECKPOINT_CORRUPT; nothing is read or allocated past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  /** The next byte, which stays; undefined at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#offset];
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 0x80;
      if (scale > 2 ** 49) this.fail("a number is too long");
    }
    if (!Number.isSafeInteger(value)) this.fail("a number is too large");
    return value;
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A view of the bytes, not a copy. */
  bytes(): Uint8Array {
    const length = this.varint();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** The same, to read numbers from. */
  view(length: number): DataView {
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#take(length), length);
  }

  text(): string {
    const head = this.varint();
    const length = Math.floor(head / 2);
    return head % 2 === 1 ? this.#codeUnits(this.#take(length), length) : this.utf8(length);
  }

  /** The text of the next `length` bytes. */
  utf8(length: number): string {
    const start = this.#take(length);
    try {
      return decoder.decode(this.#bytes.subarray(start, start + length));
    } catch (cause) {
      throw corrupt("a text is not UTF-8", start, cause);
    }
  }

  fail(what: string): never {
    throw corrupt(what, this.#offset, undefined);
  }

  #codeUnits(start: number, length: number): string {
    if (length % 2 === 1) this.fail("a text of code units has an odd length");
    let text = "";
    for (let i = start; i < start + length; i += 2) text += String.fromCharCode(this.#view.getUint16(i, true));
    return text;
  }

  #take(length: number): number {
    const start = this.#offset;
    if (length > this.remaining) this.fail("it ends too early");
    this.#offset = start + length;
    return start;
  }
}

function corrupt(what: string, offset: number, cause: unknown): TidemarkError {
  return new TidemarkError("TM_CHECKPOINT_CORRUPT", `a state payload does not make sense: ${what}`, {
    cause,
    facts: { offset },
  });
}
