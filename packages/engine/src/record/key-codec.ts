import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import { BATCH_ROWS_MAX } from "./batch.ts";
import { byteKeys } from "./byte-keys.ts";
import { integerKeys } from "./integer-keys.ts";
import { KEY_TAGS, writeIntegerKey, writePairKey } from "./key-bytes.ts";
import { hashInteger, hashKey, hashPair, INTEGER_KEY_BYTES, PAIR_KEY_BYTES } from "./key-hash.ts";
import type { IntegerPairs, Key, KeyColumn, KeyPart } from "./key-column.ts";
import { pairKeys } from "./pair-keys.ts";
import { decodeWtf8, encodeWtf8 } from "./wtf8.ts";

/** The longest canonical key; longer ones are rather a hash of what they hold. */
export const KEY_BYTES_MAX = 65_536;

/** Longer texts are encoded by a native call. */
const ASCII_LENGTH_MAX = 64;

const ALLOWED = "a key is a string, number, bigint or boolean, or an array of those";

/** Canonical bytes of a key; TM_KEY for what is no key. */
export function encodeKey(key: unknown): Uint8Array {
  const writer = new KeyWriter();
  writer.append(key);
  const { bytes, lengths } = writer.take();
  return bytes.slice(0, lengths[0]);
}

/** Keys of a batch, in order. */
export function keyColumnOf(keys: readonly Key[]): KeyColumn {
  const writer = new KeyWriter();
  for (const key of keys) writer.append(key);
  return writer.take();
}

const FIRST_ROWS = 32;

/**
 * Collects keys into a key column. As long as they are safe integers, or tuples of two, they stay numbers; the first key that is neither, or
 * not as those before, turns all of them into bytes. Within a column equal strings are encoded once.
 */
export class KeyWriter {
  #rows = 0;
  /** What all keys so far are; of no key at all, integers. */
  #form: "integers" | "pairs" | "bytes" = "integers";
  #integers = new Float64Array(FIRST_ROWS);
  #seconds = new Float64Array(FIRST_ROWS);
  #bytes = new Uint8Array(1_024);
  #view = new DataView(this.#bytes.buffer);
  #position = 0;
  #offsets = new Int32Array(FIRST_ROWS);
  #lengths = new Int32Array(FIRST_ROWS);
  #hashes = new Uint32Array(FIRST_ROWS);
  readonly #rowOfString = new Map<string, number>();

  /** Adds a key; what is no key throws TM_KEY and adds nothing. */
  append(key: unknown): void {
    if (this.#form !== "bytes") {
      if (this.#form === "integers" && typeof key === "number" && Number.isSafeInteger(key)) {
        this.#appendNumbers(key, 0);
        return;
      }
      if ((this.#form === "pairs" || this.#rows === 0) && isPair(key)) {
        this.#form = "pairs";
        this.#appendNumbers(key[0], key[1]);
        return;
      }
      this.#leaveNumbers();
    }
    if (typeof key === "string") {
      const row = this.#rowOfString.get(key);
      if (row !== undefined) return this.#repeat(row);
    }
    const start = this.#position;
    try {
      if (Array.isArray(key)) this.#writeTuple(key);
      else this.#writePart(key, false);
      if (this.#position - start > KEY_BYTES_MAX) {
        throw new TidemarkError("TM_KEY", `a key is at most ${KEY_BYTES_MAX} bytes; use a hash of the value`, {
          facts: { bytes: this.#position - start },
        });
      }
    } catch (error) {
      this.#position = start;
      throw error;
    }
    if (typeof key === "string") this.#rowOfString.set(key, this.#rows);
    const length = this.#position - start;
    this.#note(start, length, hashKey(this.#bytes, start, length));
  }

  /** Adds the first `length` of `integers`, which are safe and hold no -0, before any other key. */
  appendIntegers(integers: Float64Array, length: number): void {
    assert(this.#rows === 0, "integers are the first keys of a column or are added one by one");
    if (this.#integers.length < length) this.#integers = new Float64Array(Math.max(length, BATCH_ROWS_MAX));
    this.#integers.set(integers.subarray(0, length));
    this.#rows = length;
  }

  /** Adds the first `length` of `pairs` before any other key. */
  appendPairs({ first, second }: IntegerPairs, length: number): void {
    this.appendIntegers(first, length);
    if (length === 0) return;
    if (this.#seconds.length < length) this.#seconds = new Float64Array(this.#integers.length);
    this.#seconds.set(second.subarray(0, length));
    this.#form = "pairs";
  }

  /** Hands over the column and starts anew. */
  take(): KeyColumn {
    const column = this.#column(this.#rows);
    this.discard();
    return column;
  }

  #column(rows: number): KeyColumn {
    switch (this.#form) {
      case "integers":
        return integerKeys(this.#integers.slice(0, rows));
      case "pairs":
        return pairKeys({ first: this.#integers.slice(0, rows), second: this.#seconds.slice(0, rows) });
      case "bytes":
        return byteKeys({
          bytes: this.#bytes.slice(0, this.#position),
          offsets: this.#offsets.slice(0, rows),
          lengths: this.#lengths.slice(0, rows),
          hashes: this.#hashes.slice(0, rows),
        });
    }
  }

  /** Forgets what was added. */
  discard(): void {
    this.#rows = 0;
    this.#form = "integers";
    this.#position = 0;
    this.#rowOfString.clear();
  }

  #appendNumbers(first: number, second: number): void {
    const row = this.#rows++;
    if (row === this.#integers.length) this.#integers = grown(this.#integers, new Float64Array(row * 2));
    // The sum makes 0 of -0.
    this.#integers[row] = first + 0;
    if (this.#form === "integers") return;
    if (row >= this.#seconds.length) this.#seconds = grown(this.#seconds, new Float64Array(this.#integers.length));
    this.#seconds[row] = second + 0;
  }

  #leaveNumbers(): void {
    const rows = this.#rows;
    const isPairs = this.#form === "pairs";
    this.#form = "bytes";
    this.#rows = 0;
    for (let i = 0; i < rows; i++) {
      const value = this.#integers[i] as number;
      const start = this.#position;
      if (isPairs) {
        const second = this.#seconds[i] as number;
        this.#reserve(PAIR_KEY_BYTES);
        writePairKey(this.#view, start, value, second);
        this.#position += PAIR_KEY_BYTES;
        this.#note(start, PAIR_KEY_BYTES, hashPair(value, second));
      } else {
        this.#writeInteger(value);
        this.#note(start, INTEGER_KEY_BYTES, hashInteger(value));
      }
    }
  }

  #repeat(row: number): void {
    this.#note(this.#offsets[row] as number, this.#lengths[row] as number, this.#hashes[row] as number);
  }

  #note(offset: number, length: number, hash: number): void {
    const row = this.#rows;
    if (row === this.#offsets.length) {
      this.#offsets = grown(this.#offsets, new Int32Array(row * 2));
      this.#lengths = grown(this.#lengths, new Int32Array(row * 2));
      this.#hashes = grown(this.#hashes, new Uint32Array(row * 2));
    }
    this.#offsets[row] = offset;
    this.#lengths[row] = length;
    this.#hashes[row] = hash;
    this.#rows = row + 1;
  }

  #writeTuple(parts: readonly unknown[]): void {
    this.#writeByte(KEY_TAGS.tuple);
    for (let i = 0; i < parts.length; i++) this.#writePart(parts[i], true);
  }

  #writePart(part: unknown, isInTuple: boolean): void {
    switch (typeof part) {
      case "string":
        return this.#writeString(part, isInTuple);
      case "number":
        return Number.isSafeInteger(part) ? this.#writeInteger(part) : this.#writeFloat(part);
      case "bigint":
        return this.#writeBigint(part);
      case "boolean":
        return this.#writeByte(part ? KEY_TAGS.true : KEY_TAGS.false);
      default: {
        const given =
          part === null
            ? "null"
            : Array.isArray(part)
              ? "an array"
              : part instanceof Date
                ? "a Date"
                : part === undefined
                  ? "undefined"
                  : `a value of type ${typeof part}`;
        throw new TidemarkError("TM_KEY", `${given} cannot be ${isInTuple ? "a part of " : ""}a key; ${ALLOWED}`);
      }
    }
  }

  #writeString(text: string, isInTuple: boolean): void {
    // A zero of a tuple's string takes two bytes.
    this.#reserve(1 + text.length * 2);
    this.#writeByte(KEY_TAGS.string);
    if (!this.#writeAscii(text, isInTuple)) this.#writeEncoded(encodeWtf8(text), isInTuple);
    if (isInTuple) this.#writeByte(0);
  }

  /** Without a native call, which costs more than a short text; false, and nothing written, where the text is long or not ASCII. */
  #writeAscii(text: string, isInTuple: boolean): boolean {
    if (text.length > ASCII_LENGTH_MAX) return false;
    const bytes = this.#bytes;
    let position = this.#position;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[position++] = code;
      if (code === 0 && isInTuple) bytes[position++] = 0xff;
    }
    this.#position = position;
    return true;
  }

  #writeEncoded(encoded: Uint8Array, isInTuple: boolean): void {
    this.#reserve(2 * encoded.length);
    if (!isInTuple) {
      this.#bytes.set(encoded, this.#position);
      this.#position += encoded.length;
      return;
    }
    for (const byte of encoded) {
      this.#bytes[this.#position++] = byte;
      if (byte === 0) this.#bytes[this.#position++] = 0xff;
    }
  }

  #writeInteger(value: number): void {
    this.#reserve(INTEGER_KEY_BYTES);
    writeIntegerKey(this.#view, this.#position, value);
    this.#position += INTEGER_KEY_BYTES;
  }

  /** IEEE bits, all flipped for negative numbers and the sign for others, so that byte order is numeric order; one NaN, above all. */
  #writeFloat(value: number): void {
    this.#reserve(9);
    this.#writeByte(KEY_TAGS.float);
    this.#view.setFloat64(this.#position, value);
    if (Number.isNaN(value)) this.#view.setBigUint64(this.#position, 0x7ff8_0000_0000_0000n);
    const bits = this.#view.getBigUint64(this.#position);
    this.#view.setBigUint64(this.#position, value < 0 ? ~bits : bits ^ 0x8000_0000_0000_0000n);
    this.#position += 8;
  }

  /** Length of the magnitude, then the magnitude, big-endian; both flipped for negative numbers. */
  #writeBigint(value: bigint): void {
    const isNegative = value < 0n;
    const hex = value === 0n ? "" : (isNegative ? -value : value).toString(16);
    const digits = hex.length % 2 === 0 ? hex : `0${hex}`;
    const flip = isNegative ? 0xff : 0;
    this.#reserve(5 + digits.length / 2);
    this.#writeByte(isNegative ? KEY_TAGS.bigintNegative : KEY_TAGS.bigint);
    const length = digits.length / 2;
    this.#view.setUint32(this.#position, isNegative ? ~length : length);
    this.#position += 4;
    for (let i = 0; i < digits.length; i += 2)
      this.#bytes[this.#position++] = Number.parseInt(digits.slice(i, i + 2), 16) ^ flip;
  }

  #writeByte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#position++] = byte;
  }

  #reserve(more: number): void {
    const needed = this.#position + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function isPair(key: unknown): key is readonly [number, number] {
  return Array.isArray(key) && key.length === 2 && Number.isSafeInteger(key[0]) && Number.isSafeInteger(key[1]);
}

function grown<A extends Float64Array | Int32Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

/** The key of canonical bytes, -0 as 0; TM_CHECKPOINT_CORRUPT where they are not canonical. */
export function decodeKey(bytes: Uint8Array): Key {
  if (bytes[0] === KEY_TAGS.string) return decodeWtf8(bytes, 1, bytes.length - 1);
  const reader = new KeyReader(bytes);
  if (bytes[0] !== KEY_TAGS.tuple) {
    const part = reader.part();
    if (!reader.isAtEnd) throw notCanonical(bytes);
    return part;
  }
  reader.position = 1;
  const parts: KeyPart[] = [];
  while (!reader.isAtEnd) parts.push(reader.part());
  return parts;
}

class KeyReader {
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.position >= this.#bytes.length;
  }

  part(): KeyPart {
    const tag = this.#bytes[this.position++];
    switch (tag) {
      case KEY_TAGS.false:
        return false;
      case KEY_TAGS.true:
        return true;
      case KEY_TAGS.integer: {
        const at = this.#take(8);
        return (this.#view.getInt32(at) ^ 0x8000_0000) * 0x1_0000_0000 + this.#view.getUint32(at + 4);
      }
      case KEY_TAGS.float:
        return this.#float();
      case KEY_TAGS.bigint:
        return this.#magnitude(0);
      case KEY_TAGS.bigintNegative:
        return -this.#magnitude(0xff);
      case KEY_TAGS.string:
        return this.#terminated();
      default:
        throw notCanonical(this.#bytes);
    }
  }

  #float(): number {
    const at = this.#take(8);
    const stored = this.#view.getBigUint64(at);
    const scratch = new DataView(new ArrayBuffer(8));
    scratch.setBigUint64(0, stored >> 63n === 1n ? stored ^ 0x8000_0000_0000_0000n : ~stored);
    return scratch.getFloat64(0);
  }

  #magnitude(flip: number): bigint {
    const stored = this.#view.getUint32(this.#take(4));
    const length = flip === 0 ? stored : ~stored >>> 0;
    const at = this.#take(length);
    let hex = "0";
    for (let i = at; i < at + length; i++) hex += ((this.#bytes[i] as number) ^ flip).toString(16).padStart(2, "0");
    return BigInt(`0x${hex}`);
  }

  #terminated(): string {
    const raw: number[] = [];
    for (;;) {
      const byte = this.#bytes[this.#take(1)] as number;
      if (byte === 0) {
        if (this.#bytes[this.position] !== 0xff) break;
        this.position++;
      }
      raw.push(byte);
    }
    return decodeWtf8(Uint8Array.from(raw), 0, raw.length);
  }

  #take(length: number): number {
    const at = this.position;
    this.position += length;
    if (this.position > this.#bytes.length) throw notCanonical(this.#bytes);
    return at;
  }
}

function notCanonical(bytes: Uint8Array): TidemarkError {
  return new TidemarkError(
    "TM_CHECKPOINT_CORRUPT",
    "bytes that should be a canonical key are not; they were changed or are of a newer version",
    {
      facts: { bytes: bytes.length },
    },
  );
}
