import { TidemarkError } from "../foundation/error.ts";
import { hashKey } from "./key-hash.ts";
import type { Key, KeyColumn, KeyPart } from "./key-column.ts";
import { decodeWtf8, encodeWtf8 } from "./wtf8.ts";

/** First byte of each part. Frozen: docs/rfcs/0001-keys.md. */
const TAGS = {
  false: 0x10,
  true: 0x11,
  integer: 0x20,
  float: 0x30,
  bigintNegative: 0x40,
  bigint: 0x41,
  string: 0x50,
  tuple: 0x60,
} as const;

/** The longest canonical key; longer ones are rather a hash of what they hold. */
export const KEY_BYTES_MAX = 65_536;

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

/** Collects keys into a key column. Within a column equal strings are encoded once. */
export class KeyWriter {
  #bytes = new Uint8Array(1_024);
  #view = new DataView(this.#bytes.buffer);
  #position = 0;
  #offsets: number[] = [];
  #lengths: number[] = [];
  #hashes: number[] = [];
  readonly #rowOfString = new Map<string, number>();

  /** Adds a key; what is no key throws TM_KEY and adds nothing. */
  append(key: unknown): void {
    if (typeof key === "string") {
      const row = this.#rowOfString.get(key);
      if (row !== undefined) return this.#repeat(row);
      this.#rowOfString.set(key, this.#offsets.length);
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
      if (typeof key === "string") this.#rowOfString.delete(key);
      throw error;
    }
    const length = this.#position - start;
    this.#offsets.push(start);
    this.#lengths.push(length);
    this.#hashes.push(hashKey(this.#bytes, start, length));
  }

  /** Hands over the column and starts anew. */
  take(): KeyColumn {
    const column: KeyColumn = {
      bytes: this.#bytes.slice(0, this.#position),
      offsets: new Int32Array(this.#offsets),
      lengths: new Int32Array(this.#lengths),
      hashes: new Uint32Array(this.#hashes),
    };
    this.#position = 0;
    this.#offsets = [];
    this.#lengths = [];
    this.#hashes = [];
    this.#rowOfString.clear();
    return column;
  }

  #repeat(row: number): void {
    this.#offsets.push(this.#offsets[row] as number);
    this.#lengths.push(this.#lengths[row] as number);
    this.#hashes.push(this.#hashes[row] as number);
  }

  #writeTuple(parts: readonly unknown[]): void {
    this.#writeByte(TAGS.tuple);
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
        return this.#writeByte(part ? TAGS.true : TAGS.false);
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
    const encoded = encodeWtf8(text);
    this.#reserve(2 * encoded.length + 2);
    this.#writeByte(TAGS.string);
    if (!isInTuple) {
      this.#bytes.set(encoded, this.#position);
      this.#position += encoded.length;
      return;
    }
    for (const byte of encoded) {
      this.#bytes[this.#position++] = byte;
      if (byte === 0) this.#bytes[this.#position++] = 0xff;
    }
    this.#bytes[this.#position++] = 0;
  }

  /** Two's complement with the sign bit flipped, so that byte order is numeric order; -0 is 0. */
  #writeInteger(value: number): void {
    this.#reserve(9);
    this.#writeByte(TAGS.integer);
    this.#view.setInt32(this.#position, Math.floor(value / 0x1_0000_0000) ^ 0x8000_0000);
    this.#view.setUint32(this.#position + 4, value >>> 0);
    this.#position += 8;
  }

  /** IEEE bits, all flipped for negative numbers and the sign for others, so that byte order is numeric order; one NaN, above all. */
  #writeFloat(value: number): void {
    this.#reserve(9);
    this.#writeByte(TAGS.float);
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
    this.#writeByte(isNegative ? TAGS.bigintNegative : TAGS.bigint);
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

/** The key of canonical bytes, -0 as 0; TM_CHECKPOINT_CORRUPT where they are not canonical. */
export function decodeKey(bytes: Uint8Array): Key {
  if (bytes[0] === TAGS.string) return decodeWtf8(bytes, 1, bytes.length - 1);
  const reader = new KeyReader(bytes);
  if (bytes[0] !== TAGS.tuple) {
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
      case TAGS.false:
        return false;
      case TAGS.true:
        return true;
      case TAGS.integer: {
        const at = this.#take(8);
        return (this.#view.getInt32(at) ^ 0x8000_0000) * 0x1_0000_0000 + this.#view.getUint32(at + 4);
      }
      case TAGS.float:
        return this.#float();
      case TAGS.bigint:
        return this.#magnitude(0);
      case TAGS.bigintNegative:
        return -this.#magnitude(0xff);
      case TAGS.string:
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
