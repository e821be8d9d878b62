import { Message, type Schema } from "apache-arrow";
import type { ArrowMessage } from "./message-cutter.ts";

/** Bytes of a message before its metadata. */
const PREFIX_BYTES = 8;

/** Where the dictionaries stand that hold, so that a reader that begins later knows from where on it has to read. */
export class DictionaryMarks {
  readonly #isNeeded: boolean;
  /** By the number of the dictionary: where the message is that its entries begin with. */
  readonly #begins = new Map<number, number>();

  constructor(schema: Schema) {
    this.#isNeeded = schema.dictionaries.size > 0;
  }

  /** Where the first of them begins; undefined: there are none. */
  get from(): number | undefined {
    return this.#isNeeded && this.#begins.size > 0 ? Math.min(...this.#begins.values()) : undefined;
  }

  add({ bytes, offset }: ArrowMessage): void {
    const message = Message.decode(bytes.subarray(PREFIX_BYTES));
    if (!message.isDictionaryBatch()) return;
    const header = message.header();
    // One that is a delta is of no use without what it adds to.
    if (!header.isDelta || !this.#begins.has(header.id)) this.#begins.set(header.id, offset);
  }
}
