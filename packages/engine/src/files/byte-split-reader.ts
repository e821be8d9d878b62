import type { Json } from "../foundation/json.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { SourcePoll, SplitReader } from "../connector/source-connector.ts";
import type { Checksum } from "../format/frame.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import type { BytePieces } from "./byte-pieces.ts";
import { ReadAhead } from "./read-ahead.ts";
import { positionJson, type BytePosition } from "./split-position.ts";
import type { FileFormat, FormatDecoder } from "./file-format.ts";

/** Reads ahead of what was polled, by default. */
export const READ_AHEAD_PIECES = 4;

/**
 * Reads one split of bytes. With `fullBatches` a batch is given only when it is full or the last one, so that batches are cut at the same
 * records whatever the timing of reads; without, whatever is there is given, for inputs that arrive slowly.
 */
export class ByteSplitReader implements SplitReader {
  readonly #readAhead: ReadAhead;
  readonly #format: FormatDecoder;
  readonly #fullBatches: boolean;
  /** Where the last batch that was given ended. */
  #given: BytePosition;
  /** What the decoder was given last. */
  #piece: Uint8Array | null = null;
  #hasEnded = false;
  #failure: TidemarkError | null = null;

  constructor(options: {
    pieces: BytePieces;
    format: FileFormat;
    schema: RecordSchema;
    position: BytePosition;
    /** Names the split in errors. */
    input: string;
    fullBatches: boolean;
    readAheadBytes: number;
    checksum: Checksum;
  }) {
    const { position, schema, input, checksum } = options;
    this.#format = options.format.decoder({
      schema,
      offset: position.offset,
      input,
      header: position.columns ?? null,
      checksum,
    });
    this.#readAhead = new ReadAhead(options.pieces, { bytesMax: options.readAheadBytes });
    this.#fullBatches = options.fullBatches;
    this.#given = position;
  }

  poll(): SourcePoll {
    if (this.#failure !== null) return { kind: "waiting" };
    try {
      return this.#poll();
    } catch (error) {
      // A header or a frame that cannot be used: told by `ready`, as anything that breaks a source.
      if (!(error instanceof TidemarkError)) throw error;
      this.#failure = error;
      return { kind: "waiting" };
    }
  }

  position(): Json {
    // Records that were decoded ahead of a full batch were not given yet.
    return positionJson(this.#format.decoder.isEmpty ? this.#reached() : this.#given);
  }

  async ready(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (!this.#hasEnded) await this.#readAhead.ready();
  }

  lend(): void {
    this.#format.decoder.lend?.();
  }

  close(): Promise<void> {
    return this.#readAhead.close();
  }

  #poll(): SourcePoll {
    const { decoder } = this.#format;
    while (!decoder.decode()) {
      const piece = this.#readAhead.take();
      if (piece !== null) {
        this.#push(piece);
      } else if (this.#readAhead.hasEnded && !this.#hasEnded) {
        decoder.end();
        this.#hasEnded = true;
      } else if (this.#hasEnded || !this.#fullBatches) {
        break;
      } else {
        return { kind: "waiting" };
      }
    }
    if (decoder.isEmpty) return { kind: this.#hasEnded ? "ended" : "waiting" };
    const batch = decoder.take();
    this.#given = { ...this.#reached(), records: this.#given.records + batch.length + batch.invalid.length };
    return { kind: "batch", batch };
  }

  /** Goes on with the next piece: the one before was used up. */
  #push(piece: Uint8Array): void {
    const { decoder } = this.#format;
    if (decoder.copiesPieces === true && this.#piece !== null) this.#readAhead.recycle(this.#piece);
    decoder.push(piece);
    this.#piece = piece;
  }

  #reached(): BytePosition {
    const columns = this.#format.header();
    const position = { offset: this.#format.decoder.nextOffset, records: this.#given.records };
    return columns === null ? position : { ...position, columns };
  }
}
