import { unreachable } from "../foundation/assert.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** First byte of a value in a payload; frozen, docs/format.md. */
const TAG = {
  encoded: 0,
  undefined: 1,
  null: 2,
  false: 3,
  true: 4,
  float: 5,
  natural: 6,
  negative: 7,
  text: 8,
  bigint: 9,
} as const;

/** Writes a primitive, or the bytes of the value codec for anything else. */
export function writePlain(writer: ByteWriter, value: unknown): void {
  if (value instanceof Uint8Array) {
    writer.u8(TAG.encoded);
    writer.bytes(value);
  } else if (typeof value === "number") {
    writeNumber(writer, value);
  } else if (typeof value === "string") {
    writer.u8(TAG.text);
    writer.text(value);
  } else if (typeof value === "boolean") {
    writer.u8(value ? TAG.true : TAG.false);
  } else if (typeof value === "bigint") {
    writer.u8(TAG.bigint);
    writer.text(value.toString(16));
  } else if (value === undefined || value === null) {
    writer.u8(value === undefined ? TAG.undefined : TAG.null);
  } else {
    unreachable(value as never, "kind of value in a payload");
  }
}

function writeNumber(writer: ByteWriter, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    writer.u8(value < 0 ? TAG.negative : TAG.natural);
    writer.varint(value < 0 ? -value : value);
  } else {
    writer.u8(TAG.float);
    writer.f64(value);
  }
}

/** Reads what {@link writePlain} wrote; encoded bytes come as a copy of their own. */
export function readPlain(reader: ByteReader): unknown {
  const tag = reader.u8();
  switch (tag) {
    case TAG.encoded:
      return reader.bytes().slice();
    case TAG.undefined:
      return undefined;
    case TAG.null:
      return null;
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.float:
      return reader.f64();
    case TAG.natural:
      return reader.varint();
    case TAG.negative:
      return -reader.varint();
    case TAG.text:
      return reader.text();
    case TAG.bigint:
      return readBigint(reader);
    default:
      return reader.fail(`unknown kind of value ${tag}`);
  }
}

function readBigint(reader: ByteReader): bigint {
  const text = reader.text();
  if (!/^-?[0-9a-f]+$/.test(text)) reader.fail("a bigint is not hexadecimal");
  return text.startsWith("-") ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
}
