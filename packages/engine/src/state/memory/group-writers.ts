import type { ByteWriter } from "../byte-writer.ts";
import { keyGroupOf } from "../key-group.ts";
import type { KeyGroupPayload } from "../state-backend.ts";
import { PayloadWriter } from "./payload-writer.ts";
import type { RowChanges } from "./row-changes.ts";
import type { RowTable } from "./row-table.ts";

/** A guess is not larger than this for each row: what is large takes its time anyway. */
const ROW_BYTES_MAX = 512;
/** Less memory than this is taken when it is needed. */
const PREPARED_BYTES_MIN = 16_384;
/** Kind that ends the sections of a payload, ordinal that ends the entries of a section, length that ends the keys of changed rows. */
const END = 0;
/** Versions of the payload bytes; docs/format.md. One of a whole key group, one of what changed in it. */
export const WHOLE_VERSION = 3;
export const CHANGES_VERSION = 4;

/** One payload in the making. */
interface GroupWriter {
  readonly keyGroup: number;
  readonly payload: PayloadWriter;
  rows: number;
  /** Ordinal of the section that it is in; 0 before the first. */
  section: number;
}

/** What a snapshot is of. */
export interface SnapshotKind {
  /** Of all rows, not only of those that changed. */
  readonly isWhole: boolean;
  /** Later snapshots may be of what changed since. */
  readonly isOfSeries: boolean;
}

/** How large the payloads of the snapshot before were, by key group, and with how many rows: what the next ones are likely to need. */
export class PayloadSizes {
  rows = 0;
  readonly bytes: Float64Array;

  constructor(keyGroupBits: number) {
    this.bytes = new Float64Array(2 ** keyGroupBits);
  }

  /** Before the first snapshot: a state of so many bytes is about as large in payloads. */
  guess(stateBytes: number, rows: number): void {
    if (this.rows > 0 || rows === 0) return;
    this.rows = rows;
    this.bytes.fill(Math.min(stateBytes, rows * ROW_BYTES_MAX) / this.bytes.length);
  }
}

/**
 * The payloads of a snapshot, one per key group that holds anything, written side by side. A row is named in its payload by its ordinal
 * among the rows of its key group, which it gets with its first entry, where its key stands; row ids are not written. The rows must stay until
 * the end.
 *
 * In a snapshot of changes all keys that it is about come first, by {@link name} and {@link nameGone}; only those rows are wanted then, and
 * have their ordinals.
 */
export class GroupWriters {
  readonly #table: RowTable;
  readonly #keyGroupBits: number;
  readonly #isWhole: boolean;
  /** Null where the snapshot is none of a series. */
  readonly #changes: RowChanges | null;
  readonly #sizes: PayloadSizes;
  /** How much larger than before the payloads may be. */
  readonly #growth: number;
  readonly #writers: (GroupWriter | null)[];
  /** Memory for payloads that have no entry yet. */
  readonly #prepared: (PayloadWriter | undefined)[];
  /** By row. */
  readonly #groups: Uint16Array;
  /** By row; 0 before its first entry. */
  readonly #ordinals: Uint32Array;
  #section = 0;
  #writeHead: (writer: ByteWriter) => void = () => {};

  constructor(table: RowTable, keyGroupBits: number, sizes: PayloadSizes, kind: SnapshotKind) {
    this.#table = table;
    this.#keyGroupBits = keyGroupBits;
    this.#isWhole = kind.isWhole;
    this.#changes = kind.isOfSeries ? table.changes : null;
    this.#sizes = sizes;
    this.#growth = 1.1 * Math.max(1, sizes.rows === 0 ? 1 : table.liveRows / sizes.rows);
    sizes.rows = table.liveRows;
    this.#writers = new Array<GroupWriter | null>(2 ** keyGroupBits).fill(null);
    this.#prepared = new Array<PayloadWriter | undefined>(2 ** keyGroupBits);
    this.#groups = new Uint16Array(table.rowEnd);
    this.#ordinals = new Uint32Array(table.rowEnd);
  }

  /** Key groups that may have a payload. */
  get groups(): number {
    return this.#writers.length;
  }

  /** Takes the memory that a key group's payload is likely to need; returns how many bytes it took. */
  prepare(keyGroup: number): number {
    if (this.#writers[keyGroup] !== null) return 0;
    const bytes = this.#likelyBytes(keyGroup);
    if (bytes < PREPARED_BYTES_MIN) return 0;
    this.#prepared[keyGroup] = new PayloadWriter(bytes);
    return bytes;
  }

  /** What follows are entries of another section; `writeHead` says which, in each payload that has any. */
  beginSection(writeHead: (writer: ByteWriter) => void): void {
    this.#section++;
    this.#writeHead = writeHead;
  }

  /** Names a row that changed. */
  name(row: number): void {
    const keyGroup = keyGroupOf(this.#table.hash(row), this.#keyGroupBits);
    this.#nameIn(this.#writers[keyGroup] ?? this.#addGroup(keyGroup), row, keyGroup);
  }

  /** Names a key that has no row any more. */
  nameGone(hash: number, key: Uint8Array): void {
    const keyGroup = keyGroupOf(hash, this.#keyGroupBits);
    const writer = this.#writers[keyGroup] ?? this.#addGroup(keyGroup);
    writer.rows++;
    writer.payload.bytes(key);
  }

  /** Whether entries of a row are to be written. */
  wants(row: number): boolean {
    return this.#isWhole || this.#ordinals[row] !== 0;
  }

  /** Begins an entry of a row, which is wanted, in its payload. */
  entry(row: number): PayloadWriter {
    const ordinal = this.#ordinals[row] as number;
    if (ordinal === 0) return this.#firstEntry(row);
    const writer = this.#writers[this.#groups[row] as number] as GroupWriter;
    if (writer.section !== this.#section) this.#enterSection(writer);
    writer.payload.varint(ordinal);
    return writer.payload;
  }

  /** The payload of a key group, null where it holds nothing; its memory is free then. */
  take(keyGroup: number): KeyGroupPayload | null {
    const writer = this.#writers[keyGroup] ?? null;
    if (writer === null) return null;
    this.#writers[keyGroup] = null;
    const { payload } = writer;
    payload.varint(END);
    payload.u8(END);
    this.#sizes.bytes[keyGroup] = payload.length;
    return { keyGroup, payload: payload.written() };
  }

  #firstEntry(row: number): PayloadWriter {
    const keyGroup = keyGroupOf(this.#table.hash(row), this.#keyGroupBits);
    const writer = this.#writers[keyGroup] ?? this.#addGroup(keyGroup);
    if (writer.section !== this.#section) this.#enterSection(writer);
    writer.payload.varint(writer.rows + 1);
    this.#nameIn(writer, row, keyGroup);
    return writer.payload;
  }

  /** Gives a row its ordinal, and writes its key. */
  #nameIn(writer: GroupWriter, row: number, keyGroup: number): void {
    const { payload } = writer;
    this.#groups[row] = keyGroup;
    this.#ordinals[row] = ++writer.rows;
    this.#changes?.store(row);
    const length = this.#table.keyLength(row);
    payload.varint(length);
    const at = payload.room(length);
    this.#table.copyKey(row, payload.memory, at);
  }

  #enterSection(writer: GroupWriter): void {
    if (writer.section > 0 || !this.#isWhole) writer.payload.varint(END);
    writer.section = this.#section;
    this.#writeHead(writer.payload);
  }

  #addGroup(keyGroup: number): GroupWriter {
    const payload = this.#prepared[keyGroup] ?? new PayloadWriter(this.#likelyBytes(keyGroup));
    payload.u8(this.#isWhole ? WHOLE_VERSION : CHANGES_VERSION);
    const writer = { keyGroup, payload, rows: 0, section: 0 };
    this.#writers[keyGroup] = writer;
    return writer;
  }

  #likelyBytes(keyGroup: number): number {
    return 64 + Math.ceil((this.#sizes.bytes[keyGroup] as number) * this.#growth);
  }
}
