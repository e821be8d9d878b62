import type { ByteReader } from "../byte-reader.ts";
import type { MapState, ValueDescriptor } from "../state-backend.ts";
import { FlatMapState } from "./flat-map-state.ts";
import type { Journal, Undoable } from "./journal.ts";
import { OrderedEntries, type OrderedEntry } from "./ordered-entries.ts";
import type { RowTable } from "./row-table.ts";
import { EMPTY, fillTo } from "./slots.ts";
import type { GroupWriters } from "./group-writers.ts";
import type { SnapshotPart } from "./snapshot-part.ts";
import { type ValueBox, valueBoxOf } from "./value-box.ts";

/** The state of a map per row: kept by copy as bytes, live as objects. */
export function openMapState(
  table: RowTable,
  journal: Journal,
  descriptor: ValueDescriptor,
): SnapshotPart & MapState<unknown> {
  if (descriptor.isolation === "copy") return new FlatMapState(table, journal, descriptor.codec);
  return new LiveMapState(table, journal, valueBoxOf(descriptor));
}

/** The very objects, which only engine code holds: ordered entries per row; a row without entries has none. */
class LiveMapState implements MapState<unknown>, SnapshotPart, Undoable {
  readonly #table: RowTable;
  readonly #journal: Journal;
  readonly #box: ValueBox;
  readonly #slots: unknown[] = [];
  bytes = 0;

  constructor(table: RowTable, journal: Journal, box: ValueBox) {
    this.#table = table;
    this.#journal = journal;
    this.#box = box;
  }

  get(row: number, key: string): unknown {
    const entry = this.#map(row)?.get(key);
    return entry === undefined ? undefined : this.#box.unpack(entry.kept);
  }

  has(row: number, key: string): boolean {
    return this.#map(row)?.get(key) !== undefined;
  }

  set(row: number, key: string, value: unknown): void {
    const kept = this.#box.pack(value);
    if (this.#journal.active) {
      const before = this.#map(row)?.get(key);
      this.#journal.note(this, row, key, before === undefined ? null : { ...before });
    }
    this.#putEntry(row, key, kept, null);
  }

  delete(row: number, key: string): void {
    const before = this.#map(row)?.get(key);
    if (before === undefined) return;
    this.#journal.note(this, row, key, before);
    this.#removeEntry(row, key);
  }

  keys(row: number): readonly string[] {
    const map = this.#map(row);
    return map === null ? [] : Array.from(map.entries(), ([key]) => key);
  }

  entries(row: number): readonly (readonly [string, unknown])[] {
    const map = this.#map(row);
    return map === null ? [] : Array.from(map.entries(), ([key, { kept }]) => [key, this.#box.unpack(kept)] as const);
  }

  size(row: number): number {
    return this.#map(row)?.size ?? 0;
  }

  clear(row: number): void {
    const map = this.#map(row);
    if (map === null) return;
    this.#journal.note(this, row, null, map);
    this.#putMap(row, EMPTY);
  }

  /** `extra` is the key whose entry was `old` (null: absent), or null where the whole map `old` was cleared. */
  undo(row: number, extra: unknown, old: unknown): void {
    if (extra === null) {
      this.#putMap(row, old);
    } else if (old === null) {
      this.#removeEntry(row, extra as string);
    } else {
      const entry = old as OrderedEntry;
      this.#putEntry(row, extra as string, entry.kept, entry.order);
    }
  }

  write(writers: GroupWriters): void {
    for (let row = 0; row < this.#slots.length; row++) {
      const map = this.#map(row);
      if (map === null) continue;
      const writer = writers.entry(row);
      writer.varint(map.size);
      for (const [key, { kept }] of map.entries()) {
        writer.text(key);
        this.#box.write(writer, kept);
      }
    }
  }

  read(reader: ByteReader, row: number): void {
    const size = reader.varint();
    for (let i = 0; i < size; i++) {
      const key = reader.text();
      this.#putEntry(row, key, this.#box.read(reader), null);
    }
  }

  #map(row: number): OrderedEntries | null {
    const kept = row < this.#slots.length ? this.#slots[row] : EMPTY;
    return kept === EMPTY ? null : (kept as OrderedEntries);
  }

  /** `order` null: keeps the entry's place, or puts a new one last. */
  #putEntry(row: number, key: string, kept: unknown, order: number | null): void {
    let map = this.#map(row);
    if (map === null) {
      map = new OrderedEntries();
      this.#putMap(row, map);
    }
    const before = map.get(key);
    if (before !== undefined) this.bytes -= this.#entryBytes(key, before.kept);
    map.set(key, kept, order);
    this.bytes += this.#entryBytes(key, kept);
  }

  #removeEntry(row: number, key: string): void {
    const map = this.#map(row) as OrderedEntries;
    this.bytes -= this.#entryBytes(key, (map.get(key) as OrderedEntry).kept);
    map.delete(key);
    if (map.size === 0) this.#putMap(row, EMPTY);
  }

  #putMap(row: number, kept: unknown): void {
    fillTo(this.#slots, row);
    const before = this.#slots[row];
    this.#slots[row] = kept;
    if (before !== EMPTY) this.bytes -= this.#mapBytes(before as OrderedEntries);
    if (kept !== EMPTY) this.bytes += this.#mapBytes(kept as OrderedEntries);
    if (before === EMPTY && kept !== EMPTY) this.#table.hold(row);
    else if (before !== EMPTY && kept === EMPTY) this.#table.letGo(row);
  }

  #mapBytes(map: OrderedEntries): number {
    let bytes = 0;
    for (const [key, { kept }] of map.entries()) bytes += this.#entryBytes(key, kept);
    return bytes;
  }

  #entryBytes(key: string, kept: unknown): number {
    return 48 + key.length * 2 + this.#box.bytes(kept);
  }
}
