import { decodeValue, encodeValue } from "../../record/value-codec.ts";
import { ByteReader } from "../byte-reader.ts";
import { ByteWriter } from "../byte-writer.ts";
import { readPlain, writePlain } from "../payload-value.ts";
import { FlatValue, type FlatForm } from "../flat-value.ts";
import type { StateCodec } from "../state-codec.ts";
import type { Journal, Settling } from "./journal.ts";
import { FrozenBlock } from "./frozen-block.ts";
import { ValueArena } from "./value-arena.ts";

/** Length of the bytes that are kept, before them in a block. */
const LENGTH_BYTES = 4;
/** Bytes that are copied one by one. */
const COPIED_MAX = 64;
/** Words of a flat value that are copied as a whole; of more, pages of as many. */
const COPIED_WHOLE_MAX = 512;
/** First byte of a value that is numbers, after those of payload-value.ts and raw-record.ts; three zeros align what follows. docs/format.md. */
const NUMBERS_TAG = 11;
const NUMBERS_HEAD_BYTES = 4;
/** What a block of a flat value has in their place: the first byte of nothing that is in a payload. Its words come behind. */
const FLAT_TAG = 255;
/** What a natural number begins with in a payload. */
const NATURAL_TAG = 6;

/**
 * Kept bytes in an arena, by a handle that fits into a word; 0 is none. What is kept does not change. A journal or a snapshot may still
 * want what is released: it is freed only when the last of them ends.
 */
export class KeptBytes implements Settling {
  readonly #journal: Journal;
  readonly #arena = new ValueArena();
  /** Handles made and released since the journal began. */
  readonly #made: number[] = [];
  readonly #released: number[] = [];
  #isFrozen = false;
  /** Large blocks of flat values that are written while a snapshot is read. */
  readonly #guards = new Map<number, FrozenBlock>();
  /** Released since a snapshot is read. */
  #waiting: number[] = [];
  /** Bytes of the blocks that a reader can see. */
  bytes = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Keeps a copy of the first `length` bytes. */
  keep(bytes: Uint8Array, length: number = bytes.length): number {
    const handle = this.keepForGood(bytes, length);
    if (this.#journal.active) {
      this.#enlist();
      this.#made.push(handle);
    }
    return handle;
  }

  /** The same, and no journal takes it back. */
  keepForGood(bytes: Uint8Array, length: number = bytes.length): number {
    const handle = this.#arena.allocate(length + LENGTH_BYTES);
    const chunk = this.#arena.chunk(handle);
    const offset = this.#arena.offset(handle);
    chunk.ints[offset >>> 2] = length;
    const start = offset + LENGTH_BYTES;
    // A view costs more than to copy a few bytes.
    if (length <= COPIED_MAX) for (let i = 0; i < length; i++) chunk.bytes[start + i] = bytes[i] as number;
    else chunk.bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length), start);
    this.bytes += length + LENGTH_BYTES;
    return handle;
  }

  /** Keeps the words of a flat value, which is pointed to them; no journal takes it back. */
  keepFlat(value: FlatValue): number {
    const { words, at, length } = value;
    const size = NUMBERS_HEAD_BYTES + length * 8;
    const adopted = value.isOwn ? this.#arena.adopt(words) : 0;
    const handle = adopted === 0 ? this.#arena.allocate(size + LENGTH_BYTES) : adopted;
    const { ints, floats } = this.#arena.chunk(handle);
    const offset = this.#arena.offset(handle);
    const to = (offset >>> 3) + 1;
    if (adopted === 0) copyWords(words, at, length, floats, to);
    ints[offset >>> 2] = size;
    ints[(offset >>> 2) + 1] = FLAT_TAG;
    value.place(floats, to);
    this.bytes += size + LENGTH_BYTES;
    return handle;
  }

  /** True where the words of a value are those that are kept. */
  isPlaced(handle: number, { words, at }: FlatValue): boolean {
    return this.#arena.chunk(handle).floats === words && (this.#arena.offset(handle) >>> 3) + 1 === at;
  }

  /** The value that is kept: decoded, or where it is flat over the words that are kept. `isShared`: those may not be changed. */
  value(handle: number, codec: StateCodec, isShared: boolean): unknown {
    const { flat } = codec;
    if (flat === undefined) return decodeField(this.read(handle), codec);
    const { ints, floats } = this.#arena.chunk(handle);
    const offset = this.#arena.offset(handle);
    const length = ints[offset >>> 2] as number;
    const tag = ints[(offset >>> 2) + 1];
    if (tag === FLAT_TAG) {
      const value = flat.open(floats, (offset >>> 3) + 1, length >>> 3);
      if (isShared) this.#protect(value, handle);
      return value;
    }
    if (tag === NUMBERS_TAG && (length & 7) === NUMBERS_HEAD_BYTES) {
      const value = flat.read(floats, (offset >>> 3) + 1, length >>> 3);
      if (value !== undefined) return value;
    }
    return decodeField(this.read(handle), codec);
  }

  /** What a payload has of a value that is kept, good until the next call or `keep`. */
  written(handle: number, codec: StateCodec): Uint8Array {
    const { ints } = this.#arena.chunk(handle);
    if (ints[(this.#arena.offset(handle) >>> 2) + 1] !== FLAT_TAG) return this.read(handle);
    const words = this.#guards.get(handle)?.read();
    const value = words === undefined ? this.value(handle, codec, false) : codec.flat?.open(words, 0, words.length);
    return encodeField(value, codec);
  }

  /** A view, good until the next `keep`. */
  read(handle: number): Uint8Array {
    const { bytes, ints } = this.#arena.chunk(handle);
    const offset = this.#arena.offset(handle);
    return bytes.subarray(offset + LENGTH_BYTES, offset + LENGTH_BYTES + (ints[offset >>> 2] as number));
  }

  /** True where exactly the first `length` bytes are kept. */
  isSame(handle: number, bytes: Uint8Array, length: number): boolean {
    const chunk = this.#arena.chunk(handle);
    const offset = this.#arena.offset(handle);
    if (chunk.ints[offset >>> 2] !== length) return false;
    for (let i = 0; i < length; i++) if (chunk.bytes[offset + LENGTH_BYTES + i] !== bytes[i]) return false;
    return true;
  }

  /** A number that is kept as a natural below 2^28, as most are; -1 for anything else. */
  smallNatural(handle: number): number {
    const { bytes } = this.#arena.chunk(handle);
    let at = this.#arena.offset(handle) + LENGTH_BYTES;
    if (bytes[at] !== NATURAL_TAG) return -1;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[++at] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return -1;
  }

  /** Frees what a handle stands for as soon as nothing may want it any more; 0 is let be. */
  release(handle: number): void {
    if (handle === 0) return;
    if (this.#journal.active) {
      this.#enlist();
      this.#released.push(handle);
    } else {
      this.releaseForGood(handle);
    }
  }

  /** The same where no journal may want it; 0 is let be. */
  releaseForGood(handle: number): void {
    if (handle === 0) return;
    this.bytes -= this.#sizeOf(handle);
    if (this.#isFrozen) this.#waiting.push(handle);
    else this.#free(handle);
  }

  settle(kept: boolean): void {
    const gone = kept ? this.#released : this.#made;
    for (let i = 0; i < gone.length; i++) this.releaseForGood(gone[i] as number);
    this.#made.length = 0;
    this.#released.length = 0;
  }

  /** Until `thaw`, every handle that is not released by now can be read. */
  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#isFrozen = false;
    this.#guards.clear();
    for (const handle of this.#waiting) this.#free(handle);
    this.#waiting = [];
  }

  /** A small value is copied before it is changed, a large one by the page. */
  #protect(value: FlatValue, handle: number): void {
    const { words, at, length } = value;
    if (length <= COPIED_WHOLE_MAX) {
      value.isShared = true;
      return;
    }
    const guard = this.#guards.get(handle) ?? new FrozenBlock(words, at, length);
    this.#guards.set(handle, guard);
    value.guard = guard;
  }

  #enlist(): void {
    if (this.#made.length + this.#released.length === 0) this.#journal.enlist(this);
  }

  #free(handle: number): void {
    this.#arena.release(handle, this.#sizeOf(handle));
  }

  #sizeOf(handle: number): number {
    return (this.#arena.chunk(handle).ints[this.#arena.offset(handle) >>> 2] as number) + LENGTH_BYTES;
  }
}

function copyWords(words: Float64Array, at: number, length: number, into: Float64Array, to: number): void {
  // A view costs more than to copy a few words.
  if (length > COPIED_MAX / 8) into.set(words.subarray(at, at + length), to);
  else for (let i = 0; i < length; i++) into[to + i] = words[at + i] as number;
}

const scratch = new ByteWriter();
const scratchNumbers = new Float64Array(1_024);
const NUMBERS_PADDING = new Uint8Array(NUMBERS_HEAD_BYTES - 1);

/** Bytes of a value as it is kept and as it is in a payload; good until the next call. */
export function encodeField(value: unknown, codec: StateCodec): Uint8Array {
  return writeField(value, codec).written();
}

/** The same, without a view of the bytes: what a writer has written. */
export function writeField(value: unknown, codec: StateCodec): ByteWriter {
  scratch.reset();
  if (codec.flat !== undefined && value instanceof FlatValue) {
    const count = value.numbers();
    const numbers = count <= scratchNumbers.length ? scratchNumbers : new Float64Array(count);
    value.write(numbers, 0);
    scratch.u8(NUMBERS_TAG);
    scratch.raw(NUMBERS_PADDING);
    scratch.f64s(numbers, 0, count);
    return scratch;
  }
  const plain = codec.encode(value);
  writePlain(scratch, isPrimitive(plain) ? plain : encodeValue(plain));
  return scratch;
}

/** Inverse of {@link encodeField}; the value shares nothing with `bytes`. */
export function decodeField(bytes: Uint8Array, codec: StateCodec): unknown {
  const reader = new ByteReader(bytes);
  if (codec.flat !== undefined && reader.peek() === NUMBERS_TAG) return readNumbers(reader, codec.flat);
  const plain = readPlain(reader);
  return codec.decode(plain instanceof Uint8Array ? decodeValue(plain) : plain);
}

function readNumbers(reader: ByteReader, form: FlatForm): unknown {
  const head = reader.view(NUMBERS_HEAD_BYTES);
  if (head.getInt32(0, true) !== NUMBERS_TAG || reader.remaining % 8 !== 0) reader.fail("numbers are not aligned");
  const numbers = new Float64Array(reader.remaining / 8);
  for (let i = 0; i < numbers.length; i++) numbers[i] = reader.f64();
  return form.read(numbers, 0, numbers.length) ?? reader.fail("numbers are no value");
}

/** Functions and symbols are not: the value codec refuses them with a message. */
function isPrimitive(value: unknown): boolean {
  if (value === null) return true;
  const type = typeof value;
  return type !== "object" && type !== "function" && type !== "symbol";
}
