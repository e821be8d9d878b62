import type { RecordLayout } from "../../record/layout.ts";
import { ByteWriter } from "../byte-writer.ts";

/** One payload in the making, and the layouts that records in it had so far, by their numbers. */
export class PayloadWriter extends ByteWriter {
  readonly layouts: RecordLayout[] = [];

  /** A byte, a byte or varint, and zeros up to a multiple of 4 bytes: what stands before most entries, at once. */
  head(tag: number, number: number): void {
    if (number >= 0x80) {
      this.u8(tag);
      this.varint(number);
      this.align();
      return;
    }
    const end = (this.length + 5) & ~3;
    let at = this.room(end - this.length);
    const { memory } = this;
    memory[at++] = tag;
    memory[at++] = number;
    while (at < end) memory[at++] = 0;
  }

  /** Zeros up to a multiple of 4 bytes. */
  align(): void {
    for (let pad = -this.length & 3; pad > 0; pad--) this.u8(0);
  }
}
