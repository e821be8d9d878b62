const encoder = new TextEncoder();
const SMALL = 48;

/** Strings and bytes one after another, on their way into a block. One object serves all states: it is empty between calls. */
export class TextScratch {
  bytes: Uint8Array = new Uint8Array(4_096);
  ints: Int32Array = new Int32Array(this.bytes.buffer);
  /** Bytes taken since the last `clear`. */
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** Takes a string if it is all ASCII, in place of everything before; false otherwise. */
  ascii(text: string): boolean {
    const { length } = text;
    this.length = length;
    if (length > this.bytes.length) this.#grow(length);
    const { bytes } = this;
    if (length > SMALL) {
      // What is not ASCII may fill the bytes before its end is read.
      const { read, written } = encoder.encodeInto(text, bytes);
      return read === length && written === length;
    }
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      bytes[i] = unit;
    }
    return true;
  }

  /** Adds the UTF-8 of a string; its bytes, or -1 where a lone surrogate has none. */
  add(text: string): number {
    if (!text.isWellFormed()) return -1;
    const begin = this.length;
    const most = begin + text.length * 3;
    if (most > this.bytes.length) this.#grow(most);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(begin));
    this.length = begin + written;
    return written;
  }

  /** Adds bytes; returns how many. */
  copy(from: Uint8Array, offset: number, length: number): number {
    const begin = this.length;
    const end = begin + length;
    if (end > this.bytes.length) this.#grow(end);
    const { bytes } = this;
    // A native call costs as much as a loop over some dozens of bytes.
    if (length > SMALL) bytes.set(from.subarray(offset, offset + length), begin);
    else for (let i = 0; i < length; i++) bytes[begin + i] = from[offset + i] as number;
    this.length = end;
    return length;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, (needed + 7) & ~7));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.ints = new Int32Array(bytes.buffer);
  }
}
