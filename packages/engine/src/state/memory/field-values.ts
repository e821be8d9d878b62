import { decodeValue, encodeValue } from "../../record/value-codec.ts";
import { ByteReader } from "../byte-reader.ts";
import { ByteWriter } from "../byte-writer.ts";
import { readPlain, writePlain } from "../payload-value.ts";
import type { StateCodec } from "../state-codec.ts";
import type { Journal, Settling } from "./journal.ts";

/** Kept bytes, by a handle that fits into a word; 0 is none. What a journal may bring back is freed only when the journal ends. */
export class FieldValues implements Settling {
  readonly #journal: Journal;
  readonly #kept: Uint8Array[] = [EMPTY];
  readonly #free: number[] = [];
  /** Handles made and released since the journal began. */
  #made: number[] = [];
  #released: number[] = [];
  /** Bytes that are kept. */
  bytes = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Keeps bytes, which must not change any more. */
  keep(bytes: Uint8Array): number {
    const handle = this.#free.pop() ?? this.#kept.length;
    this.#kept[handle] = bytes;
    this.bytes += bytes.length;
    if (this.#journal.active) {
      this.#enlist();
      this.#made.push(handle);
    }
    return handle;
  }

  read(handle: number): Uint8Array {
    return this.#kept[handle] as Uint8Array;
  }

  /** Frees what a handle stands for, at the end of the journal if one is open; 0 is let be. */
  release(handle: number): void {
    if (handle === 0) return;
    if (this.#journal.active) {
      this.#enlist();
      this.#released.push(handle);
    } else {
      this.#drop(handle);
    }
  }

  settle(kept: boolean): void {
    const gone = kept ? this.#released : this.#made;
    for (const handle of gone) this.#drop(handle);
    this.#made = [];
    this.#released = [];
  }

  #enlist(): void {
    if (this.#made.length + this.#released.length === 0) this.#journal.enlist(this);
  }

  #drop(handle: number): void {
    this.bytes -= this.read(handle).length;
    this.#kept[handle] = EMPTY;
    this.#free.push(handle);
  }
}

const EMPTY = new Uint8Array(0);

/** Bytes of a value as it is kept and as it is in a payload. */
export function encodeField(value: unknown, codec: StateCodec): Uint8Array {
  const plain = codec.encode(value);
  const writer = new ByteWriter();
  const isObject =
    (typeof plain === "object" && plain !== null) || typeof plain === "function" || typeof plain === "symbol";
  writePlain(writer, isObject ? encodeValue(plain) : plain);
  return writer.finish();
}

/** Inverse of {@link encodeField}; the value shares nothing with `bytes`. */
export function decodeField(bytes: Uint8Array, codec: StateCodec): unknown {
  const plain = readPlain(new ByteReader(bytes));
  return codec.decode(plain instanceof Uint8Array ? decodeValue(plain) : plain);
}
