import { canGenerateCode } from "../../record/code-generation.ts";
import { learnLayout } from "../../record/learned-layout.ts";
import type { RecordLayout } from "../../record/layout.ts";
import { schemaLayout } from "../../record/schema-layout.ts";
import { decodeValue, encodeValue } from "../../record/value-codec.ts";
import { decodeUtf8 } from "../../record/wtf8.ts";
import type { RecordBatch } from "../../record/batch.ts";
import { readPlain, writePlain } from "../payload-value.ts";
import { PLAIN_CODEC, type StateCodec } from "../state-codec.ts";
import type { PayloadReader } from "./payload-reader.ts";
import type { PayloadWriter } from "./payload-writer.ts";
import { RECORD_TAG, readRawRecord, writeRawRecord } from "./raw-record.ts";
import { formOfShape, recordForm, SHAPE_RECORD, type Place, type RecordForm } from "./record-form.ts";
import { TextScratch } from "./text-scratch.ts";
import { type Chunk, HEAD_BYTES, ValueArena } from "./value-arena.ts";

/**
 * Shapes of blocks: int32 shape, int32 bytes of the block, then what the shape says. Those of records are their layouts'. `scalar` is the value
 * codec's bytes of what is no object and has no shape of its own, such as a bigint.
 */
const SHAPE = { scalar: 0, encoded: 1, number: 2, text: 3, true: 4, false: 5, null: 6, list: 7 } as const;

/** Words of a list before its addresses: the block's head and the count. */
export const LIST_HEAD_WORDS = 3;
/** Blocks given back with each store after a snapshot; fewer than two, and they could become more and more. */
const RELEASES_PER_STORE = 4;
/** Layouts that one state learns; what fits none of them is kept encoded. */
const FORMS_MAX = 8;

const scratch = new TextScratch();

/**
 * The values of one state as blocks of an arena, found by address: records by generated code as typed words and UTF-8, anything
 * else as the value codec's bytes. What is loaded is always a fresh value, equal to what was stored. No object per value.
 */
export class TypedValues {
  readonly #codec: StateCodec;
  readonly #isPlain: boolean;
  readonly #arena = new ValueArena();
  /** While what is kept is being read as it was: blocks that are to be released then; null otherwise. */
  #deferred: number[] | null = null;
  /** Blocks that nobody wants any more, and that are still to be given back. */
  #waiting: number[] = [];
  /** Bytes of the blocks of both. */
  #waitingBytes = 0;
  readonly #place: Place;
  /** Forms that values of this state had, the one that fitted last in front. */
  readonly #forms: RecordForm[] = [];
  readonly #learns: boolean;

  constructor(codec: StateCodec, { codeGeneration = canGenerateCode() }: { readonly codeGeneration?: boolean } = {}) {
    this.#codec = codec;
    this.#isPlain = codec.encode === PLAIN_CODEC.encode;
    this.#place = { arena: this.#arena, at: 0, before: 0 };
    this.#learns = codeGeneration;
    const declared = codeGeneration ? schemaLayout(codec.jsonSchema) : null;
    if (declared?.shape === "struct") this.#forms.push(recordForm(declared));
  }

  /** Bytes of the blocks in use. */
  get bytes(): number {
    return this.#arena.bytes - this.#waitingBytes;
  }

  /**
   * Keeps a value, in place of that at `at` if that is not 0; returns where. Where it throws, which is TM_STATE_VALUE for what is no plain
   * data, nothing has changed.
   */
  store(value: unknown, at: number): number {
    const plain = this.#codec.encode(value);
    this.#setPlace(at);
    switch (typeof plain) {
      case "number":
        return this.#storeNumber(plain);
      case "string":
        return this.#storeText(plain);
      case "boolean":
        return this.#block(plain ? SHAPE.true : SHAPE.false, HEAD_BYTES);
      case "object":
        return plain === null ? this.#block(SHAPE.null, HEAD_BYTES) : this.#storeObject(plain);
      default:
        return this.#storeBytes(SHAPE.scalar, encodeValue(plain));
    }
  }

  /** Keeps a row of a batch; 0: it cannot be kept by column, and nothing has changed. */
  storeRow(batch: RecordBatch, row: number, at: number): number {
    const { layout } = batch;
    if (!this.#learns || layout.shape !== "struct") return 0;
    const first = this.#forms[0];
    const form = first?.layout === layout ? first : this.#formOf(layout);
    if (form === null || form.storeRow === null) return 0;
    this.#setPlace(at);
    return form.storeRow(batch.columns, row, this.#place);
  }

  /** True where records of a layout are kept by column from now on. */
  takes(layout: RecordLayout): boolean {
    if (!this.#learns || !this.#isPlain) return false;
    const first = this.#forms[0];
    return first?.layout === layout || this.#formOf(layout) !== null;
  }

  /** Keeps a block that is there, from its head on, at long `image` of a memory, in place of that at `at` if that is not 0; returns where. */
  storeImage(memory: Chunk, image: number, at: number): number {
    const size = memory.ints[image * 2 + 1] as number;
    if (this.#waiting.length > 0) this.#giveBack();
    const to = at === 0 ? this.#arena.allocate(size) : this.#arena.replace(at, this.#size(at), size);
    const { longs } = this.#arena.chunk(to);
    const first = this.#arena.offset(to) >>> 3;
    const from = memory.longs;
    const count = (size + 7) >>> 3;
    for (let i = 0; i < count; i++) longs[first + i] = from[image + i] as bigint;
    return to;
  }

  load(at: number): unknown {
    const chunk = this.#arena.chunk(at);
    const base = this.#arena.offset(at);
    const shape = chunk.ints[base >>> 2] as number;
    const plain = shape >= SHAPE_RECORD ? formOfShape(shape).load(chunk, base) : loadOther(chunk, base, shape);
    return this.#codec.decode(plain);
  }

  /** Gives back a block, once nothing is frozen any more. */
  release(at: number): void {
    if (this.#deferred === null) {
      this.releaseNow(at);
      return;
    }
    this.#deferred.push(at);
    this.#waitingBytes += this.#arena.bytesOf(this.#size(at));
  }

  /** Gives back a block that no snapshot can want. */
  releaseNow(at: number): void {
    this.#arena.release(at, this.#size(at));
  }

  /** True while a snapshot is read: a block that it wants may neither be written to nor be given back. */
  get isFrozen(): boolean {
    return this.#deferred !== null;
  }

  freeze(): void {
    this.#deferred = [];
  }

  /** What was released since `freeze` is given back little by little: there may be as many blocks as there are keys. */
  thaw(): void {
    const deferred = this.#deferred ?? [];
    this.#deferred = null;
    this.#waiting = this.#waiting.length === 0 ? deferred : this.#waiting.concat(deferred);
  }

  /** A block for a list of `capacity` addresses, from its int32 word LIST_HEAD_WORDS on; its head is the block's, then the count, 0. */
  listBlock(capacity: number): number {
    this.#setPlace(0);
    const at = this.#block(SHAPE.list, HEAD_BYTES + 4 + capacity * 4);
    this.#arena.chunk(at).ints[(this.#arena.offset(at) >>> 2) + 2] = 0;
    return at;
  }

  /** The form of a record that is kept by column; null for any other value. */
  formAt(at: number): RecordForm | null {
    const shape = this.#arena.chunk(at).ints[this.#arena.offset(at) >>> 2] as number;
    return shape >= SHAPE_RECORD && this.#isPlain ? formOfShape(shape) : null;
  }

  /** Where a block is; good until the next store. */
  chunk(at: number): Chunk {
    return this.#arena.chunk(at);
  }

  offset(at: number): number {
    return this.#arena.offset(at);
  }

  /** Writes a value as a payload has it. */
  write(writer: PayloadWriter, at: number): void {
    const chunk = this.#arena.chunk(at);
    const base = this.#arena.offset(at);
    const shape = chunk.ints[base >>> 2] as number;
    if (shape >= SHAPE_RECORD) writeRawRecord(writer, formOfShape(shape).layout, chunk, base);
    else if (shape === SHAPE.encoded) writePlain(writer, encodedBytes(chunk, base));
    else writePlain(writer, loadOther(chunk, base, shape));
  }

  /** Reads a value of a payload into a new block. */
  read(reader: PayloadReader): number {
    if (reader.peek() === RECORD_TAG) return this.#readRecord(reader);
    const plain = readPlain(reader);
    this.#setPlace(0);
    if (!(plain instanceof Uint8Array)) return this.#storePrimitive(plain);
    const value = decodeValue(plain);
    // The bytes of a record without a form are kept as they are.
    return typeof value === "object" && value !== null
      ? this.#storeRecord(value) || this.#storeBytes(SHAPE.encoded, plain)
      : this.#storeBytes(SHAPE.encoded, plain);
  }

  #readRecord(reader: PayloadReader): number {
    reader.u8();
    const { layout, record } = readRawRecord(reader);
    this.#setPlace(0);
    // The form that it had is the first to be tried.
    if (this.#learns) this.#formOf(layout);
    return this.#storeObject(record);
  }

  #setPlace(at: number): void {
    if (this.#waiting.length > 0) this.#giveBack();
    this.#place.at = at;
    this.#place.before = at === 0 ? 0 : this.#size(at);
  }

  #giveBack(): void {
    for (let i = Math.min(RELEASES_PER_STORE, this.#waiting.length); i > 0; i--) {
      const at = this.#waiting.pop() as number;
      this.#waitingBytes -= this.#arena.bytesOf(this.#size(at));
      this.releaseNow(at);
    }
  }

  #size(at: number): number {
    return this.#arena.chunk(at).ints[(this.#arena.offset(at) >>> 2) + 1] as number;
  }

  #storePrimitive(plain: unknown): number {
    if (typeof plain === "number") return this.#storeNumber(plain);
    if (typeof plain === "string") return this.#storeText(plain);
    if (typeof plain === "boolean") return this.#block(plain ? SHAPE.true : SHAPE.false, HEAD_BYTES);
    return plain === null ? this.#block(SHAPE.null, HEAD_BYTES) : this.#storeBytes(SHAPE.scalar, encodeValue(plain));
  }

  #storeNumber(value: number): number {
    const at = this.#block(SHAPE.number, HEAD_BYTES + 8);
    this.#arena.chunk(at).floats[(this.#arena.offset(at) >>> 3) + 1] = value;
    return at;
  }

  #storeText(text: string): number {
    scratch.clear();
    const length = scratch.ascii(text) ? text.length : (scratch.clear(), scratch.add(text));
    if (length < 0) return this.#storeBytes(SHAPE.scalar, encodeValue(text));
    const at = this.#block(SHAPE.text, HEAD_BYTES + length);
    const to = this.#arena.offset(at) + HEAD_BYTES;
    this.#arena.chunk(at).bytes.set(scratch.bytes.subarray(0, length), to);
    return at;
  }

  #storeObject(value: object): number {
    const at = this.#storeRecord(value);
    return at === 0 ? this.#storeBytes(SHAPE.encoded, encodeValue(value)) : at;
  }

  /** 0: it has no form. */
  #storeRecord(value: object): number {
    const forms = this.#forms;
    for (let i = 0; i < forms.length; i++) {
      const form = forms[i] as RecordForm;
      const at = form.store(value, this.#place);
      if (at === 0) continue;
      if (i > 0) this.#toFront(i);
      return at;
    }
    if (!this.#learns || forms.length >= FORMS_MAX || Array.isArray(value)) return 0;
    const form = this.#formOf(learnLayout(value));
    return form === null ? 0 : form.store(value, this.#place);
  }

  /** The form of a layout, from now on the first to be tried; null where there is none, or no room for it. */
  #formOf(layout: RecordLayout): RecordForm | null {
    if (layout.shape !== "struct") return null;
    const known = this.#forms.findIndex((form) => form.layout === layout);
    if (known < 0 && this.#forms.length >= FORMS_MAX) return null;
    if (known < 0) this.#forms.unshift(recordForm(layout));
    else if (known > 0) this.#toFront(known);
    return this.#forms[0] as RecordForm;
  }

  #toFront(index: number): void {
    const [form] = this.#forms.splice(index, 1);
    this.#forms.unshift(form as RecordForm);
  }

  #storeBytes(shape: number, bytes: Uint8Array): number {
    const at = this.#block(shape, HEAD_BYTES + bytes.length);
    this.#arena.chunk(at).bytes.set(bytes, this.#arena.offset(at) + HEAD_BYTES);
    return at;
  }

  /** A block with its head. */
  #block(shape: number, size: number): number {
    const { at: before } = this.#place;
    const at = before === 0 ? this.#arena.allocate(size) : this.#arena.replace(before, this.#place.before, size);
    const { ints } = this.#arena.chunk(at);
    const word = this.#arena.offset(at) >>> 2;
    ints[word] = shape;
    ints[word + 1] = size;
    return at;
  }
}

function encodedBytes(chunk: Chunk, base: number): Uint8Array {
  const size = chunk.ints[(base >>> 2) + 1] as number;
  return chunk.bytes.slice(base + HEAD_BYTES, base + size);
}

function loadOther(chunk: Chunk, base: number, shape: number): unknown {
  switch (shape) {
    case SHAPE.number:
      return chunk.floats[(base >>> 3) + 1];
    case SHAPE.text:
      return decodeUtf8(chunk.bytes, base + HEAD_BYTES, (chunk.ints[(base >>> 2) + 1] as number) - HEAD_BYTES);
    case SHAPE.true:
      return true;
    case SHAPE.false:
      return false;
    case SHAPE.null:
      return null;
    default:
      return decodeValue(encodedBytes(chunk, base));
  }
}
