import type { RecordLayout } from "../../record/layout.ts";
import { ByteWriter } from "../byte-writer.ts";

/** One payload in the making, and the layouts that records in it had so far, by their numbers. */
export class PayloadWriter extends ByteWriter {
  readonly layouts: RecordLayout[] = [];

  /** Zeros up to a multiple of 4 bytes. */
  align(): void {
    for (let pad = -this.length & 3; pad > 0; pad--) this.u8(0);
  }
}
