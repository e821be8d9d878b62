import { ByteReader } from "../byte-reader.ts";
import { ByteWriter } from "../byte-writer.ts";
import { readPlain, writePlain } from "../payload-value.ts";
import type { MapState } from "../state-backend.ts";
import type { StateCodec } from "../state-codec.ts";
import type { Journal, Settling, Undoable } from "./journal.ts";
import { decodeField, KeptBytes, writeField } from "./kept-bytes.ts";
import { countInCopy, MapEntries, rowsOfCopy, visitCopy } from "./map-entries.ts";
import type { RowTable } from "./row-table.ts";
import type { FrozenPart, SnapshotPart } from "./snapshot-part.ts";

const CHANGED = 0;
const ADDED = 1;
const DELETED = 2;

const ENTRY_BYTES = 24;

/** Ordered entries per row, kept by copy: keys and values as bytes in an arena. No object per key or entry. */
export class FlatMapState implements MapState<unknown>, SnapshotPart, Undoable, Settling {
  readonly #table: RowTable;
  readonly #journal: Journal;
  readonly #codec: StateCodec;
  readonly #kept: KeptBytes;
  readonly #entries = new MapEntries();
  /** Entries that an open journal may put back. */
  readonly #gone: number[] = [];
  readonly #scratch = new ByteWriter();

  constructor(table: RowTable, journal: Journal, codec: StateCodec) {
    this.#table = table;
    this.#journal = journal;
    this.#codec = codec;
    this.#kept = new KeptBytes(journal);
  }

  get bytes(): number {
    return this.#kept.bytes + this.#entries.size * ENTRY_BYTES;
  }

  get(row: number, key: string): unknown {
    const entry = this.#find(row, key);
    return entry === 0 ? undefined : this.#value(this.#entries.value(entry));
  }

  has(row: number, key: string): boolean {
    return this.#find(row, key) !== 0;
  }

  set(row: number, key: string, value: unknown): void {
    const { memory, length } = writeField(value, this.#codec);
    this.#put(row, key, this.#kept.keep(memory, length));
  }

  delete(row: number, key: string): void {
    const entry = this.#find(row, key);
    if (entry !== 0) this.#remove(entry);
  }

  keys(row: number): readonly string[] {
    const keys: string[] = [];
    for (let entry = this.#entries.first(row); entry !== 0; entry = this.#entries.next(entry))
      keys.push(this.#key(entry));
    return keys;
  }

  entries(row: number): readonly (readonly [string, unknown])[] {
    const entries: [string, unknown][] = [];
    for (let entry = this.#entries.first(row); entry !== 0; entry = this.#entries.next(entry))
      entries.push([this.#key(entry), this.#value(this.#entries.value(entry))]);
    return entries;
  }

  size(row: number): number {
    return this.#entries.count(row);
  }

  clear(row: number): void {
    for (let last = this.#entries.last(row); last !== 0; last = this.#entries.last(row)) this.#remove(last);
  }

  /** `row` is an entry; `old`, where it was changed, its value. */
  undo(entry: number, extra: unknown, old: unknown): void {
    if (extra === CHANGED) {
      this.#entries.setValue(entry, old as number);
    } else if (extra === ADDED) {
      this.#takeOut(entry);
      this.#entries.free(entry);
    } else {
      const row = this.#entries.row(entry);
      if (this.#entries.count(row) === 0) this.#table.hold(row);
      this.#entries.putBack(entry);
    }
  }

  settle(kept: boolean): void {
    if (kept) for (const entry of this.#gone) this.#entries.free(entry);
    this.#gone.length = 0;
  }

  freeze(): FrozenPart {
    this.#kept.freeze();
    const copy = this.#entries.copy();
    return {
      steps: rowsOfCopy(copy),
      write: (writers, from, end) => {
        for (let row = from; row < end; row++) {
          const count = countInCopy(copy, row);
          if (count === 0 || !writers.wants(row)) continue;
          const writer = writers.entry(row);
          writer.varint(count);
          visitCopy(copy, row, (key, value) => {
            writer.raw(this.#kept.read(key));
            writer.raw(this.#kept.read(value));
          });
        }
      },
      release: () => {
        this.#kept.thaw();
      },
    };
  }

  read(reader: ByteReader, row: number): void {
    for (let left = reader.varint(); left > 0; left--) {
      const key = reader.text();
      this.#scratch.reset();
      writePlain(this.#scratch, readPlain(reader));
      this.#put(row, key, this.#kept.keep(this.#scratch.written()));
    }
  }

  #put(row: number, key: string, value: number): void {
    const before = this.#find(row, key);
    this.#table.changes.mark(row);
    if (before !== 0) {
      const old = this.#entries.value(before);
      this.#journal.note(this, before, CHANGED, old);
      this.#kept.release(old);
      this.#entries.setValue(before, value);
      return;
    }
    if (this.#entries.count(row) === 0) this.#table.hold(row);
    const entry = this.#entries.append(row, hashOf(key), this.#keepKey(key), value);
    this.#journal.note(this, entry, ADDED, null);
  }

  #remove(entry: number): void {
    this.#journal.note(this, entry, DELETED, null);
    this.#kept.release(this.#entries.key(entry));
    this.#kept.release(this.#entries.value(entry));
    this.#takeOut(entry);
    if (!this.#journal.active) {
      this.#entries.free(entry);
      return;
    }
    if (this.#gone.length === 0) this.#journal.enlist(this);
    this.#gone.push(entry);
  }

  #takeOut(entry: number): void {
    const row = this.#entries.row(entry);
    this.#table.changes.mark(row);
    this.#entries.takeOut(entry);
    if (this.#entries.count(row) === 0) this.#table.letGo(row);
  }

  #find(row: number, key: string): number {
    const hash = hashOf(key);
    let entry = this.#entries.candidate(row, hash, 0);
    if (entry === 0) return 0;
    const { memory, length } = this.#written(key);
    while (entry !== 0 && !this.#kept.isSame(this.#entries.key(entry), memory, length))
      entry = this.#entries.candidate(row, hash, entry);
    return entry;
  }

  #key(entry: number): string {
    const bytes = this.#kept.read(this.#entries.key(entry));
    // A short ASCII text: one byte of length, twice, then its characters; as of byte-writer.ts.
    const head = bytes[0] as number;
    if (head >= 0x80 || head % 2 === 1) return new ByteReader(bytes).text();
    let text = "";
    for (let i = 1; i < bytes.length; i++) {
      const unit = bytes[i] as number;
      if (unit > 0x7f) return new ByteReader(bytes).text();
      text += String.fromCharCode(unit);
    }
    return text;
  }

  #value(handle: number): unknown {
    const natural = this.#kept.smallNatural(handle);
    return natural < 0 ? decodeField(this.#kept.read(handle), this.#codec) : this.#codec.decode(natural);
  }

  #keepKey(key: string): number {
    const { memory, length } = this.#written(key);
    return this.#kept.keep(memory, length);
  }

  /** The key as it is in a payload; good until the next call. */
  #written(key: string): ByteWriter {
    this.#scratch.reset();
    this.#scratch.text(key);
    return this.#scratch;
  }
}

function hashOf(key: string): number {
  let hash = 0x811c_9dc5 | 0;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x0100_0193);
  return hash;
}
