import type { ByteReader } from "../byte-reader.ts";
import type { ListState, ValueDescriptor } from "../state-backend.ts";
import type { Journal, Undoable } from "./journal.ts";
import type { RowTable } from "./row-table.ts";
import { EMPTY, fillTo } from "./slots.ts";
import type { GroupWriters } from "./group-writers.ts";
import type { SnapshotPart } from "./snapshot-part.ts";
import { TypedListState } from "./typed-list-state.ts";
import { type ValueBox, valueBoxOf } from "./value-box.ts";

/** The state of a list per row: kept by copy as blocks of bytes, live as objects. */
export function openListState(
  table: RowTable,
  journal: Journal,
  descriptor: ValueDescriptor,
): SnapshotPart & ListState<unknown> {
  if (descriptor.isolation === "copy") return new TypedListState(table, journal, descriptor.codec);
  return new LiveListState(table, journal, valueBoxOf(descriptor));
}

/** The very objects, which only engine code holds: an array per row; a row without elements has none. */
class LiveListState implements ListState<unknown>, SnapshotPart, Undoable {
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

  get(row: number): readonly unknown[] {
    const kept = this.#list(row);
    return kept === null ? [] : kept.map((element) => this.#box.unpack(element));
  }

  add(row: number, value: unknown): void {
    const element = this.#box.pack(value);
    const list = this.#list(row);
    if (list === null) {
      this.#journal.note(this, row, null, EMPTY);
      this.#put(row, [element]);
      return;
    }
    this.#journal.note(this, row, list.length, list);
    list.push(element);
    this.bytes += this.#box.bytes(element);
  }

  set(row: number, values: readonly unknown[]): void {
    const list = values.map((value) => this.#box.pack(value));
    if (list.length === 0) {
      this.clear(row);
      return;
    }
    // A new array: the journal keeps the old one as it is.
    this.#journal.note(this, row, null, this.#list(row) ?? EMPTY);
    this.#put(row, list);
  }

  clear(row: number): void {
    const list = this.#list(row);
    if (list === null) return;
    this.#journal.note(this, row, null, list);
    this.#put(row, EMPTY);
  }

  /** `extra` is the length before an add to the list `old`, or null where the whole list was replaced. */
  undo(row: number, extra: unknown, old: unknown): void {
    if (extra === null) {
      this.#put(row, old);
      return;
    }
    const list = old as unknown[];
    for (let i = extra as number; i < list.length; i++) this.bytes -= this.#box.bytes(list[i]);
    list.length = extra as number;
  }

  write(writers: GroupWriters): void {
    for (let row = 0; row < this.#slots.length; row++) {
      const list = this.#list(row);
      if (list === null) continue;
      const writer = writers.entry(row);
      writer.varint(list.length);
      for (const element of list) this.#box.write(writer, element);
    }
  }

  read(reader: ByteReader, row: number): void {
    const length = reader.varint();
    const list: unknown[] = [];
    for (let i = 0; i < length; i++) list.push(this.#box.read(reader));
    this.#put(row, list.length === 0 ? EMPTY : list);
  }

  #list(row: number): unknown[] | null {
    const kept = row < this.#slots.length ? this.#slots[row] : EMPTY;
    return kept === EMPTY ? null : (kept as unknown[]);
  }

  #put(row: number, kept: unknown): void {
    fillTo(this.#slots, row);
    const before = this.#slots[row];
    this.#slots[row] = kept;
    if (before !== EMPTY) this.bytes -= this.#listBytes(before as unknown[]);
    if (kept !== EMPTY) this.bytes += this.#listBytes(kept as unknown[]);
    if (before === EMPTY && kept !== EMPTY) this.#table.hold(row);
    else if (before !== EMPTY && kept === EMPTY) this.#table.letGo(row);
  }

  #listBytes(list: readonly unknown[]): number {
    let bytes = 16;
    for (const element of list) bytes += this.#box.bytes(element);
    return bytes;
  }
}
