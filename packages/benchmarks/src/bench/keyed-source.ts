import type { Binding } from "@tidemark/engine";
import {
  BATCH_ROWS_MAX,
  type Column,
  type Json,
  type ReaderContext,
  type SourceConnector,
  type SourcePoll,
  type Split,
  type SplitReader,
} from "@tidemark/engine/connector";

/** Bytes of a key: digits behind a prefix. */
export const KEY_BYTES = 20;
const PREFIX = Buffer.from("customer-");
const DIGIT_0 = 48;
/** A prime: steps of it, modulo the number of keys, come to all of them, in an order without locality. */
const STRIDE = 2_654_435_761;

/** Every key once, in no order; a pause; then keys at random. Records are made as they are asked for, so that none takes memory. */
export class KeyedSource implements SourceConnector {
  readonly description = "keys";
  readonly bounded = true;
  readonly keys: number;
  readonly updates: number;
  /** Resolves at the first record, and when every key has been given. */
  readonly begun: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly filled: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Resolves when every update has been given, too; the source goes on until `end`. */
  readonly drained: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #released: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers();
  #phase: "fill" | "update" | "ended" = "fill";

  constructor({ keys, updates }: { keys: number; updates: number }) {
    this.keys = keys;
    this.updates = updates;
  }

  get binding(): Binding {
    return { description: this.description, source: this };
  }

  splits(): Promise<readonly Split[]> {
    return Promise.resolve([{ id: "all", details: null }]);
  }

  openReader(_split: Split, _position: Json | null, { schema }: ReaderContext): Promise<SplitReader> {
    return Promise.resolve(new KeyedReader(this, schema.layout));
  }

  /** The updates may come. */
  release(): void {
    this.#phase = "update";
    this.#released.resolve();
  }

  /** The input has ended. */
  end(): void {
    this.#phase = "ended";
    this.#ended.resolve();
  }

  get phase(): "fill" | "update" | "ended" {
    return this.#phase;
  }

  /** Resolves when the phase that follows may begin. */
  get next(): Promise<void> {
    return this.#phase === "fill" ? this.#released.promise : this.#ended.promise;
  }
}

class KeyedReader implements SplitReader {
  readonly #source: KeyedSource;
  readonly #layout: ReaderContext["schema"]["layout"];
  #next = 0;
  #key = 0;
  #random = 12_345;

  constructor(source: KeyedSource, layout: ReaderContext["schema"]["layout"]) {
    this.#source = source;
    this.#layout = layout;
  }

  poll(): SourcePoll {
    const { keys, updates, phase } = this.#source;
    if (this.#next === 0) this.#source.begun.resolve();
    if (this.#next === keys && phase === "fill") {
      this.#source.filled.resolve();
      return { kind: "waiting" };
    }
    if (this.#next === keys + updates) {
      this.#source.drained.resolve();
      return { kind: phase === "ended" ? "ended" : "waiting" };
    }
    const end = this.#next < keys ? keys : keys + updates;
    return { kind: "batch", batch: this.#batch(Math.min(BATCH_ROWS_MAX, end - this.#next)) };
  }

  position(): Json {
    return { next: this.#next };
  }

  ready(): Promise<void> {
    return this.#source.next;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #batch(length: number): Extract<SourcePoll, { kind: "batch" }>["batch"] {
    const bytes = new Uint8Array(length * KEY_BYTES);
    const offsets = new Int32Array(length);
    const amounts = new Float64Array(length);
    const positions = new Float64Array(length);
    for (let row = 0; row < length; row++) {
      const at = this.#next++;
      writeKey(bytes, row * KEY_BYTES, this.#keyAt(at));
      offsets[row] = row * KEY_BYTES;
      amounts[row] = (at % 1_000) / 10;
      positions[row] = at;
    }
    const columns: readonly Column[] = [
      {
        kind: "utf8",
        presence: null,
        bytes,
        offsets,
        lengths: new Int32Array(length).fill(KEY_BYTES),
        strings: new Array<string | undefined>(length),
      },
      { kind: "float64", presence: null, values: amounts },
    ];
    return { layout: this.#layout, length, columns, offsets: positions, invalid: [] };
  }

  #keyAt(at: number): number {
    const { keys } = this.#source;
    if (at < keys) {
      this.#key = (this.#key + STRIDE) % keys;
      return this.#key;
    }
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#random / 2 ** 32) * keys);
  }
}

function writeKey(bytes: Uint8Array, from: number, key: number): void {
  bytes.set(PREFIX, from);
  let rest = key;
  for (let at = from + KEY_BYTES - 1; at >= from + PREFIX.length; at--) {
    bytes[at] = DIGIT_0 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
