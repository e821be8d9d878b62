import { ByteWriter } from "../byte-writer.ts";
import { keyGroupOf } from "../key-group.ts";
import type { KeyGroupPayload } from "../state-backend.ts";
import { PayloadWriter } from "./payload-writer.ts";
import type { RowTable } from "./row-table.ts";

/** Kind that ends the sections of a payload, and ordinal that ends the entries of a section. */
const END = 0;

/** One payload in the making. */
interface GroupWriter {
  readonly keyGroup: number;
  readonly keys: ByteWriter;
  readonly body: PayloadWriter;
  rows: number;
  /** Ordinal of the section that it is in; 0 before the first. */
  section: number;
}

/** How large the payloads of the snapshot before were, by key group, and with how many rows: what the next ones are likely to need. */
export class PayloadSizes {
  rows = 0;
  readonly keys: Float64Array;
  readonly bodies: Float64Array;

  constructor(keyGroupBits: number) {
    this.keys = new Float64Array(2 ** keyGroupBits);
    this.bodies = new Float64Array(2 ** keyGroupBits);
  }
}

/**
 * The payloads of a snapshot, one per key group that holds anything, written side by side. A row is named in its payload by its ordinal
 * among the rows of its key group, which it gets with its first entry; row ids are not written. The rows must stay until the end.
 */
export class GroupWriters {
  readonly #table: RowTable;
  readonly #keyGroupBits: number;
  readonly #version: number;
  readonly #sizes: PayloadSizes;
  /** How much larger than before the payloads may be. */
  readonly #growth: number;
  readonly #writers: (GroupWriter | null)[];
  /** By row. */
  readonly #groups: Uint16Array;
  /** By row; 0 before its first entry. */
  readonly #ordinals: Uint32Array;
  #section = 0;
  #writeHead: (writer: ByteWriter) => void = () => {};

  constructor(table: RowTable, keyGroupBits: number, version: number, sizes: PayloadSizes) {
    this.#table = table;
    this.#keyGroupBits = keyGroupBits;
    this.#version = version;
    this.#sizes = sizes;
    this.#growth = 1.1 * Math.max(1, sizes.rows === 0 ? 1 : table.liveRows / sizes.rows);
    sizes.rows = table.liveRows;
    this.#writers = new Array<GroupWriter | null>(2 ** keyGroupBits).fill(null);
    this.#groups = new Uint16Array(table.rowEnd);
    this.#ordinals = new Uint32Array(table.rowEnd);
  }

  /** Key groups that may have a payload. */
  get groups(): number {
    return this.#writers.length;
  }

  /** What follows are entries of another section; `writeHead` says which, in each payload that has any. */
  beginSection(writeHead: (writer: ByteWriter) => void): void {
    this.#section++;
    this.#writeHead = writeHead;
  }

  /** Begins an entry of a row in its payload. */
  entry(row: number): PayloadWriter {
    const ordinal = this.#ordinals[row] as number;
    const writer = ordinal === 0 ? this.#addRow(row) : (this.#writers[this.#groups[row] as number] as GroupWriter);
    const { body } = writer;
    if (writer.section !== this.#section) {
      if (writer.section > 0) body.varint(END);
      writer.section = this.#section;
      this.#writeHead(body);
    }
    body.varint(ordinal === 0 ? writer.rows : ordinal);
    return body;
  }

  /** The payload of a key group, null where it holds nothing; its memory is free then. */
  take(keyGroup: number): KeyGroupPayload | null {
    const writer = this.#writers[keyGroup] ?? null;
    if (writer === null) return null;
    this.#writers[keyGroup] = null;
    const { keys, body, rows } = writer;
    body.varint(END);
    body.u8(END);
    this.#sizes.keys[keyGroup] = keys.length;
    this.#sizes.bodies[keyGroup] = body.length;
    const head = new ByteWriter();
    head.u8(this.#version);
    head.varint(rows);
    const payload = new Uint8Array(head.length + keys.length + body.length);
    payload.set(head.written());
    payload.set(keys.written(), head.length);
    payload.set(body.written(), head.length + keys.length);
    return { keyGroup, payload };
  }

  #addRow(row: number): GroupWriter {
    const keyGroup = keyGroupOf(this.#table.hash(row), this.#keyGroupBits);
    const writer = this.#writers[keyGroup] ?? this.#addGroup(keyGroup);
    const { keys } = writer;
    const length = this.#table.keyLength(row);
    keys.varint(length);
    const at = keys.room(length);
    this.#table.copyKey(row, keys.memory, at);
    writer.rows++;
    this.#groups[row] = keyGroup;
    this.#ordinals[row] = writer.rows;
    return writer;
  }

  #addGroup(keyGroup: number): GroupWriter {
    const keys = new ByteWriter(this.#likely(this.#sizes.keys, keyGroup));
    const body = new PayloadWriter(this.#likely(this.#sizes.bodies, keyGroup));
    const writer = { keyGroup, keys, body, rows: 0, section: 0 };
    this.#writers[keyGroup] = writer;
    return writer;
  }

  #likely(before: Float64Array, keyGroup: number): number {
    return 64 + Math.ceil((before[keyGroup] as number) * this.#growth);
  }
}
