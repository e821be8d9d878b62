import type { RecordLayout } from "../../record/layout.ts";
import { ByteReader } from "../byte-reader.ts";

/** Reads what `PayloadWriter` wrote, with the keys before it. */
export class PayloadReader extends ByteReader {
  readonly layouts: RecordLayout[] = [];
  #begin = 0;

  /** The sections begin here: words are aligned from here on. */
  beginSections(): void {
    this.#begin = this.offset;
  }

  /** Takes the zeros up to a multiple of 4 bytes. */
  align(): void {
    for (let pad = (this.#begin - this.offset) & 3; pad > 0; pad--) {
      if (this.u8() !== 0) this.fail("words are not where they should be");
    }
  }
}
