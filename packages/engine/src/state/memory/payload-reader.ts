import type { RecordLayout } from "../../record/layout.ts";
import { ByteReader } from "../byte-reader.ts";

/** Reads what `PayloadWriter` wrote. */
export class PayloadReader extends ByteReader {
  readonly layouts: RecordLayout[] = [];

  /** Takes the zeros up to a multiple of 4 bytes. */
  align(): void {
    for (let pad = -this.offset & 3; pad > 0; pad--) {
      if (this.u8() !== 0) this.fail("words are not where they should be");
    }
  }
}
