import { RecordBatchReader, type RecordBatch, type Schema } from "apache-arrow";

const NO_BYTES = new Uint8Array(0);
/** How often the reader may look for bytes that are not there, one after the other. */
const ASKED_MAX = 16;

/**
 * Loads record batches, message by message, with the dictionaries that were added before. The arrays of a batch are views of its
 * message, those of a dictionary of the dictionary's. Throws whatever the library does where a message is not what it says.
 */
export class MessageLoader {
  readonly schema: Schema;
  readonly #queue: Uint8Array[] = [];
  readonly #reader: RecordBatchReader;

  /** `schemaMessage`: the first message of the stream. */
  constructor(schemaMessage: Uint8Array) {
    this.#queue.push(schemaMessage);
    const reader = RecordBatchReader.from(this.#pieces());
    reader.open();
    if (reader.schema === null || reader.schema === undefined) throw new Error("the message has no schema");
    this.#reader = reader;
    this.schema = reader.schema;
  }

  /** Holds from the next batch on. */
  addDictionary(message: Uint8Array): void {
    this.#queue.push(message);
  }

  load(message: Uint8Array): RecordBatch {
    this.#queue.push(message);
    const next = this.#reader.next() as IteratorResult<RecordBatch, unknown>;
    if (next.done === true) throw new Error("the message has no record batch");
    return next.value;
  }

  /** The reader looks further than it has to: nothing is there yet. It asks again and again only for what a message lacks. */
  *#pieces(): Generator<Uint8Array> {
    for (let asked = 0; asked < ASKED_MAX; asked++) {
      const piece = this.#queue.shift();
      if (piece !== undefined) asked = 0;
      yield piece ?? NO_BYTES;
    }
    throw new Error("a message is shorter than it says");
  }
}
