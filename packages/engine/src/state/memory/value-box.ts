import { decodeValue, encodeValue } from "../../record/value-codec.ts";
import { readPlain, writePlain } from "../payload-value.ts";
import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { ValueDescriptor } from "../state-backend.ts";

/** A size for an object whose bytes nobody has counted. */
const OBJECT_BYTES_GUESS = 64;

/**
 * How one state keeps a value. `copy`: primitives as they are, anything else as encoded bytes, so that what is handed out never
 * aliases what is kept. `live`: the object itself. What is kept is opaque to the states.
 */
export interface ValueBox {
  pack(value: unknown): unknown;
  unpack(kept: unknown): unknown;
  /** Estimate of the bytes that the kept value takes. */
  bytes(kept: unknown): number;
  write(writer: ByteWriter, kept: unknown): void;
  read(reader: ByteReader): unknown;
}

/** The box of a state, by its isolation. */
export function valueBoxOf(descriptor: ValueDescriptor): ValueBox {
  const { codec } = descriptor;
  if (descriptor.isolation === "live") {
    return {
      pack: (value) => value,
      unpack: (kept) => kept,
      bytes: () => OBJECT_BYTES_GUESS,
      write: (writer, kept) => {
        const plain = codec.encode(kept);
        writePlain(writer, isPrimitive(plain) ? plain : encodeValue(plain));
      },
      read: (reader) => {
        const plain = readPlain(reader);
        return codec.decode(isPrimitive(plain) ? plain : decodeValue(plain as Uint8Array));
      },
    };
  }
  return {
    pack: (value) => {
      const plain = codec.encode(value);
      return isPrimitive(plain) ? plain : encodeValue(plain);
    },
    unpack: (kept) => codec.decode(isPrimitive(kept) ? kept : decodeValue(kept as Uint8Array)),
    bytes: copiedBytes,
    write: writePlain,
    read: readPlain,
  };
}

/** Functions and symbols are not: the value codec refuses them with a message. */
function isPrimitive(value: unknown): boolean {
  if (value === null) return true;
  const type = typeof value;
  return type !== "object" && type !== "function" && type !== "symbol";
}

function copiedBytes(kept: unknown): number {
  if (kept instanceof Uint8Array) return 96 + kept.length;
  return typeof kept === "string" ? 16 + kept.length * 2 : 8;
}
