import { TidemarkError } from "@tidemark/engine/connector";

const SHORT_BYTES = 48;

const encoder = new TextEncoder();

/** Strings as an Arrow vector holds them: bytes one after the other, and where each begins. */
export class TextBytes {
  readonly #field: string;
  readonly #offsets: Int32Array;
  #bytes: Uint8Array;
  #texts = 0;
  #used = 0;

  /** `texts`: how many are going to be added, at most; `field` is named in errors. */
  constructor(texts: number, field: string) {
    this.#field = field;
    this.#offsets = new Int32Array(texts + 1);
    this.#bytes = new Uint8Array(Math.max(64, texts * 16));
  }

  /** TM_RECORD for a text that has no UTF-8, as one with half a surrogate pair. */
  add(text: string): void {
    if (!text.isWellFormed()) throw this.#illFormed();
    this.#grow(text.length * 3);
    this.#used += encoder.encodeInto(text, this.#bytes.subarray(this.#used)).written;
    this.#offsets[++this.#texts] = this.#used;
  }

  /** A text that is UTF-8 already, but for halves of surrogate pairs, which `take` looks for. */
  addBytes(from: Uint8Array, offset: number, length: number): void {
    this.#grow(length);
    const to = this.#bytes;
    const used = this.#used;
    // A view costs more than some bytes.
    if (length <= SHORT_BYTES) for (let at = 0; at < length; at++) to[used + at] = from[offset + at] as number;
    else to.set(from.subarray(offset, offset + length), used);
    this.#used += length;
    this.#offsets[++this.#texts] = this.#used;
  }

  /** TM_RECORD if one of the texts holds half a surrogate pair. */
  take(): { valueOffsets: Int32Array; data: Uint8Array } {
    const data = this.#bytes.subarray(0, this.#used);
    for (let at = data.indexOf(0xed); at >= 0; at = data.indexOf(0xed, at + 1))
      if ((data[at + 1] ?? 0) >= 0xa0) throw this.#illFormed();
    return { valueOffsets: this.#offsets.subarray(0, this.#texts + 1), data };
  }

  #grow(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#bytes.length) return;
    if (needed > 2 ** 31 - 1)
      throw new TidemarkError(
        "TM_RECORD",
        `the texts of field "${this.#field}" are too long for one Arrow record batch`,
      );
    const larger = new Uint8Array(Math.min(2 ** 31 - 1, Math.max(needed, this.#bytes.length * 2)));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
  }

  #illFormed(): TidemarkError {
    return new TidemarkError(
      "TM_RECORD",
      `field "${this.#field}" holds half a surrogate pair, which no Arrow string can hold. Clean the text with toWellFormed()`,
    );
  }
}
