import { assert } from "../../foundation/assert.ts";
import { TidemarkError } from "../../foundation/error.ts";
import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { SlotField, Slots } from "../slot-state.ts";
import type { StateCodec } from "../state-codec.ts";
import { FrozenWords } from "./frozen-words.ts";
import { GrowingArray } from "./growing-array.ts";
import type { Journal, Undoable } from "./journal.ts";
import { decodeField, encodeField, KeptBytes } from "./kept-bytes.ts";
import { KeptObjects } from "./kept-objects.ts";

/** What a journal entry of slots takes back; more in the pane slots. */
export const WRITTEN = 0;

/** Indexes of words are positive int32. */
const WORDS_MAX = 2 ** 31;

/** Whose slots they are, for messages, and what they hold. */
export interface SlotOptions {
  readonly operator: string;
  readonly name: string;
  readonly fields: readonly SlotField[];
}

/** Words of each slot, behind its fields, that are the subclass's own; not noted for a journal. */
export interface OwnWords {
  readonly ownWords: number;
}

/** How a payload names the fields of its slots; a field's kind by its place here. */
const FIELD_KINDS = ["number", "value"] as const;

/**
 * The words of slots of one state, and the values behind them. A slot is `width` words; a value field's word is a handle, 0 without a
 * value. Where slots are in `words`, and whose, is the subclass's.
 */
export abstract class SlotWords implements Slots, Undoable {
  words: Float64Array = new Float64Array(0);
  readonly #memory = new GrowingArray(Float64Array);
  /** Words of the fields of a slot. */
  protected readonly width: number;
  /** Words from one slot to the next. */
  protected readonly stride: number;
  protected readonly journal: Journal;
  readonly #options: SlotOptions;
  readonly #fields: readonly SlotField[];
  readonly #initial: Float64Array;
  /** Words that are handles, and those that are cells. */
  readonly #valueFields: readonly number[];
  readonly #liveFields: readonly number[];
  readonly #values: KeptBytes;
  /** Null where no field is live. */
  readonly #objects: KeptObjects | null;
  readonly #scratch: Float64Array;
  /** While a snapshot is read: the words as they were. */
  #frozen: FrozenWords | null = null;
  /** Of the payload that is being read: own field by the payload's, or its name if there is none. */
  #reading: (number | string)[] = [];

  constructor(options: SlotOptions & OwnWords, journal: Journal) {
    const { fields, ownWords } = options;
    assert(fields.length > 0, "a state of slots needs a field");
    assert(new Set(fields.map(({ name }) => name)).size === fields.length, "two fields of a slot have one name");
    this.width = fields.length;
    this.stride = fields.length + ownWords;
    this.journal = journal;
    this.#options = options;
    this.#fields = fields;
    this.#initial = Float64Array.from(fields, ({ kind, initial }) => (kind === "value" ? 0 : initial));
    const indexes = (isChosen: (field: SlotField) => boolean): number[] =>
      fields.flatMap((field, index) => (isChosen(field) ? [index] : []));
    this.#valueFields = indexes((field) => field.kind === "value" && field.isolation !== "live");
    this.#liveFields = indexes(isLive);
    this.#scratch = new Float64Array(this.stride);
    this.#values = new KeptBytes(journal);
    this.#objects = this.#liveFields.length === 0 ? null : new KeptObjects(journal, this.#values);
  }

  /** Bytes of kept values. */
  protected get valueBytes(): number {
    return this.#values.bytes;
  }

  touch(at: number): void {
    if (this.journal.active) this.journal.noteWords(this, at, WRITTEN, this.words, at, this.width);
    if (this.#frozen !== null) this.#frozen.beforeWrite(this.words, at, this.width);
  }

  /** {@link touch} for the first `count` of some slots. */
  protected touchAll(slots: Int32Array, count: number): void {
    if (!this.journal.active && this.#frozen === null) return;
    for (let i = 0; i < count; i++) this.touch(slots[i] as number);
  }

  /** Before words of a slot are written, its own ones too, that a journal does not bring back. */
  protected beforeWrite(at: number): void {
    if (this.#frozen !== null) this.#frozen.beforeWrite(this.words, at, this.stride);
  }

  value(at: number, field: number): unknown {
    const handle = this.words[at + field] as number;
    if (handle === 0) return undefined;
    if (this.#objects !== null && this.#isLive(field)) return this.#objects.get(handle, this.#codec(field));
    return decodeField(this.#values.read(handle), this.#codec(field));
  }

  setValue(at: number, field: number, value: unknown): void {
    if (this.#objects !== null && this.#isLive(field)) {
      this.#setObject(this.#objects, at, field, value);
      return;
    }
    this.setBytes(at, field, value === undefined ? null : this.encoded(value, field));
  }

  /** Bytes of a value; good until the next call. */
  protected encoded(value: unknown, field: number): Uint8Array {
    return encodeField(value, this.#codec(field));
  }

  /** Keeps the bytes of a value that is not live; null clears. */
  protected setBytes(at: number, field: number, bytes: Uint8Array | null): void {
    this.touch(at);
    this.#values.release(this.words[at + field] as number);
    this.words[at + field] = bytes === null ? 0 : this.#values.keep(bytes);
  }

  /** While what was there stays where it is, the words do not change, and need no touch. */
  #setObject(objects: KeptObjects, at: number, field: number, value: unknown): void {
    const before = this.words[at + field] as number;
    if (value === undefined) objects.release(before);
    const cell = value === undefined ? 0 : objects.put(before, value, this.#codec(field));
    if (cell === before) {
      this.markChanged(at);
      return;
    }
    this.touch(at);
    this.words[at + field] = cell;
  }

  /** The slot's row has changed, for the next snapshot. */
  protected abstract markChanged(at: number): void;

  abstract undo(row: number, extra: unknown, old: unknown): void;

  /** Puts noted words back; the values that they stood for are still kept. */
  protected putBack(at: number, noted: number): void {
    const { notedWords } = this.journal;
    this.beforeWrite(at);
    for (let i = 0; i < this.width; i++) this.words[at + i] = notedWords[noted + i] as number;
  }

  /** Makes room for that many slots. TM_STATE_FULL where there is none. */
  protected widen(slots: number): void {
    const length = slots * this.stride;
    try {
      if (length > WORDS_MAX) throw new RangeError(`more than ${WORDS_MAX} words`);
      this.#memory.reserve(length);
      this.words = this.#memory.array;
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      const { operator, name } = this.#options;
      throw new TidemarkError(
        "TM_STATE_FULL",
        "there is no more room for the slots of a task; run the job with a higher parallelism, or let state expire",
        { cause, facts: { operator, state: name, slots } },
      );
    }
  }

  protected fill(at: number): void {
    const initial = this.#initial;
    const { words } = this;
    this.beforeWrite(at);
    for (let i = 0; i < initial.length; i++) words[at + i] = initial[i] as number;
  }

  protected get hasValues(): boolean {
    return this.#valueFields.length > 0 || this.#objects !== null;
  }

  /** Frees the values of a slot that goes. */
  protected releaseValues(at: number): void {
    for (const field of this.#valueFields) this.#values.release(this.words[at + field] as number);
    for (const field of this.#liveFields) this.#objects?.release(this.words[at + field] as number);
  }

  writeHead(writer: ByteWriter): void {
    writer.varint(this.#fields.length);
    for (const { name, kind, codec } of this.#fields) {
      writer.text(name);
      writer.u8(FIELD_KINDS.indexOf(kind));
      writer.text(codec?.schemaHash ?? "");
    }
  }

  readHead(reader: ByteReader): void {
    this.#reading = readFields(reader).map(({ name, kind, schemaHash }) => {
      const own = this.#fields.findIndex((field) => field.name === name);
      const field = this.#fields[own];
      const isSame = field?.kind === kind && (field.codec?.schemaHash ?? "") === schemaHash;
      return isSame ? own : name;
    });
  }

  /** `slots`: how many of the first ones there may be something in. */
  protected freezeWords(slots: number): void {
    this.#objects?.freeze();
    this.#frozen = new FrozenWords(slots * this.stride);
    this.#values.freeze();
  }

  protected thawWords(): void {
    this.#frozen = null;
    this.#objects?.thaw();
    this.#values.thaw();
  }

  /** A slot, with its own words, as it was when the words were frozen; good until the next call. */
  protected frozenSlot(at: number): Float64Array {
    (this.#frozen as FrozenWords).read(this.words, at, this.stride, this.#scratch);
    return this.#scratch;
  }

  /** Writes a slot that was {@link frozenSlot}. */
  protected writeFrozen(writer: ByteWriter, words: Float64Array): void {
    const { width } = this;
    if (!this.hasValues) {
      writer.f64s(words, 0, width);
      return;
    }
    for (let i = 0; i < width; i++) {
      const word = words[i] as number;
      if ((this.#fields[i] as SlotField).kind === "number") writer.f64(word);
      else writer.bytes(word === 0 ? NONE : this.frozenValue(word, i));
    }
  }

  /** Reads into a slot that has its initial words. TM_STATE_INCOMPATIBLE where a field is not declared so any more. */
  protected readSlot(reader: ByteReader, at: number): void {
    for (const own of this.#reading) {
      if (typeof own === "string") this.#refuse(own);
      if ((this.#fields[own] as SlotField).kind === "number") {
        this.words[at + own] = reader.f64();
      } else {
        const bytes = reader.bytes();
        if (bytes.length > 0) this.words[at + own] = this.#keep(bytes, own);
      }
    }
  }

  /** Bytes of a field's value as they were when the words were frozen. */
  protected frozenValue(word: number, field: number): Uint8Array {
    return this.#objects !== null && this.#isLive(field)
      ? this.#objects.written(word, this.#codec(field))
      : this.#values.read(word);
  }

  #keep(bytes: Uint8Array, field: number): number {
    return this.#objects !== null && this.#isLive(field) ? this.#objects.restore(bytes) : this.#values.keep(bytes);
  }

  #isLive(field: number): boolean {
    return isLive(this.#fields[field] as SlotField);
  }

  #refuse(field: string): never {
    const { operator, name } = this.#options;
    throw new TidemarkError(
      "TM_STATE_INCOMPATIBLE",
      `the checkpoint holds field "${field}" of state "${name}", which the step no longer declares so; declare it as before, or start in a new state directory`,
      { facts: { operator, state: name, field } },
    );
  }

  #codec(field: number): StateCodec {
    const { codec, name } = this.#fields[field] as SlotField;
    assert(codec !== null, () => `field "${name}" has no codec`);
    return codec;
  }
}

function isLive({ kind, isolation }: SlotField): boolean {
  return kind === "value" && isolation === "live";
}

/** What the head of a payload's slots says. */
export function readFields(reader: ByteReader): { name: string; kind: SlotField["kind"]; schemaHash: string }[] {
  return Array.from({ length: readCount(reader) }, () => ({
    name: reader.text(),
    kind: FIELD_KINDS[reader.u8()] ?? reader.fail("a field is of an unknown kind"),
    schemaHash: reader.text(),
  }));
}

function readCount(reader: ByteReader): number {
  const count = reader.varint();
  if (count > reader.remaining) reader.fail("it cannot hold that many fields");
  return count;
}

const NONE = new Uint8Array(0);
