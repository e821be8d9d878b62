import { TidemarkError } from "@tidemark/engine/connector";
import { Message, type MessageHeader } from "apache-arrow";
import { checkMessage } from "./metadata-check.ts";
import { VectorFault } from "./vector-fault.ts";

/** What an Arrow file begins with, filled up to eight bytes; a stream begins with a message at once. */
const FILE_MAGIC = "ARROW1\0\0";
/** Bytes before the metadata of a message: the continuation mark and the metadata's length. */
const PREFIX_BYTES = 8;
const METADATA_BYTES_MAX = 64 * 1_024 * 1_024;
/** The most bytes of a message: a record batch is held whole. */
const BODY_BYTES_MAX = 1_024 * 1_024 * 1_024;

const NO_BYTES = new Uint8Array(0);

/** One message of an Arrow stream or file. */
export interface ArrowMessage {
  readonly type: MessageHeader;
  /** All of it: prefix, metadata, body; the body is aligned to eight bytes. */
  readonly bytes: Uint8Array;
  /** Where it begins. */
  readonly offset: number;
}

/**
 * Cuts a stream of byte pieces into messages, whatever the pieces' sizes. `next` gives the next one, null where more bytes are needed or
 * none are left. A message that lies in one piece is a view of it, if its body is aligned there; any other is a copy. TM_SOURCE
 * where no message is that should be one.
 */
export class MessageCutter {
  /** Where the next message begins. */
  nextOffset: number;
  /** The messages are those of a file, which has an end of its own; null: not known yet. */
  isFile: boolean | null;
  /** The mark of the end was read: what follows is none of the messages. */
  isAtEnd = false;
  readonly #input: string;
  #piece: Uint8Array = NO_BYTES;
  #at = 0;
  /** A message of which a part is in earlier pieces. */
  #partial: Uint8Array | null = null;
  #filled = 0;
  /** Memory of such messages, used again; null: each gets its own. */
  #room: Uint8Array | null = null;

  constructor(options: { offset: number; input: string; isFile: boolean | null }) {
    this.nextOffset = options.offset;
    this.isFile = options.isFile;
    this.#input = options.input;
  }

  /** From now on a message is done with before the next call of `next`. */
  lend(): void {
    this.#room = NO_BYTES;
  }

  /** Bytes of a message that is not whole. */
  get restBytes(): number {
    return this.#filled;
  }

  /** Gives the next piece; only after `next` gave null. */
  push(piece: Uint8Array): void {
    this.#piece = piece;
    this.#at = 0;
  }

  next(): ArrowMessage | null {
    if (this.isAtEnd) return null;
    if (this.isFile === null && !this.#begin()) return null;
    const prefix = this.#have(PREFIX_BYTES);
    if (prefix === null) return null;
    const metadataBytes = this.#metadataBytes(prefix);
    if (metadataBytes === 0) {
      this.isAtEnd = true;
      return null;
    }
    const bodyAt = PREFIX_BYTES + metadataBytes;
    const head = this.#have(bodyAt);
    if (head === null) return null;
    const { type, bodyBytes } = this.#metadata(head.subarray(PREFIX_BYTES));
    const whole = this.#have(bodyAt + bodyBytes);
    if (whole === null) return null;
    const bytes = (whole.byteOffset + bodyAt) % 8 === 0 ? whole : aligned(whole, bodyAt);
    return { type, bytes, offset: this.#take(whole.length) };
  }

  /** Tells a file from a stream, and goes over a file's mark; false: more bytes are needed. */
  #begin(): boolean {
    const found = this.#have(FILE_MAGIC.length);
    if (found === null) return false;
    this.isFile = String.fromCharCode(...found) === FILE_MAGIC;
    if (this.isFile) this.#take(FILE_MAGIC.length);
    return true;
  }

  #metadataBytes(prefix: Uint8Array): number {
    const view = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES);
    const bytes = view.getInt32(4, true);
    if (view.getInt32(0, true) !== -1) {
      throw this.broken(
        this.nextOffset === 0
          ? "the input is no Arrow stream or file (or one of a version before 0.15)"
          : "there is no Arrow message where one should begin: the input is damaged, or it was changed since it was read up to there",
      );
    }
    if (bytes < 0 || bytes > METADATA_BYTES_MAX)
      throw this.broken(`an Arrow message is damaged: it says that it has ${bytes} bytes of metadata`);
    return bytes;
  }

  #metadata(bytes: Uint8Array): { type: MessageHeader; bodyBytes: number } {
    try {
      const bodyBytes = checkMessage(bytes);
      if (!(bodyBytes >= 0 && bodyBytes <= BODY_BYTES_MAX))
        throw new VectorFault(`it says that ${bodyBytes} bytes follow, which may be ${BODY_BYTES_MAX} at most`);
      return { type: Message.decode(bytes).headerType, bodyBytes };
    } catch (error) {
      const why = error instanceof VectorFault ? error.message : String(error);
      throw this.broken(`an Arrow message is damaged: ${why}`, error);
    }
  }

  /** The first bytes of the message at hand, without going on; null: they are not there yet. */
  #have(bytes: number): Uint8Array | null {
    if (this.#partial === null) {
      const rest = this.#piece.length - this.#at;
      if (rest >= bytes) return this.#piece.subarray(this.#at, this.#at + bytes);
      if (rest === 0) return null;
      this.#partial = this.#roomFor(bytes);
    }
    if (this.#partial.length < bytes) {
      const larger = this.#roomFor(Math.max(bytes, Math.min(2 * this.#partial.length, 4_096)));
      // Room that is used again may be the same memory.
      if (larger.buffer !== this.#partial.buffer) larger.set(this.#partial.subarray(0, this.#filled));
      this.#partial = larger;
    }
    const taken = Math.min(Math.max(0, bytes - this.#filled), this.#piece.length - this.#at);
    this.#partial.set(this.#piece.subarray(this.#at, this.#at + taken), this.#filled);
    this.#at += taken;
    this.#filled += taken;
    return this.#filled < bytes ? null : this.#partial.subarray(0, bytes);
  }

  #roomFor(bytes: number): Uint8Array {
    if (this.#room === null) return new Uint8Array(bytes);
    if (this.#room.length < bytes) this.#room = new Uint8Array(bytes * 2);
    return this.#room.subarray(0, bytes);
  }

  /** Goes over the message at hand; gives where it began. */
  #take(bytes: number): number {
    const offset = this.nextOffset;
    if (this.#partial === null) this.#at += bytes;
    this.#partial = null;
    this.#filled = 0;
    this.nextOffset += bytes;
    return offset;
  }

  /** TM_SOURCE at the message at hand. */
  broken(why: string, cause?: unknown): TidemarkError {
    return new TidemarkError("TM_SOURCE", `${why}. Replace the file`, {
      ...(cause !== undefined && { cause }),
      facts: { input: this.#input, offset: this.nextOffset },
    });
  }
}

/** A copy whose byte `at` lies at a multiple of eight. */
function aligned(bytes: Uint8Array, at: number): Uint8Array {
  const before = (8 - (at % 8)) % 8;
  const room = new Uint8Array(before + bytes.length);
  room.set(bytes, before);
  return room.subarray(before);
}
