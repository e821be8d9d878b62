import type { ByteReader } from "../byte-reader.ts";
import type { ValueDescriptor, ValueState } from "../state-backend.ts";
import type { Journal, Undoable } from "./journal.ts";
import type { GroupWriters } from "./group-writers.ts";
import type { SnapshotPart } from "./snapshot-part.ts";
import type { RowTable } from "./row-table.ts";
import { EMPTY, fillTo } from "./slots.ts";
import { TypedValueState } from "./typed-value-state.ts";
import { type ValueBox, valueBoxOf } from "./value-box.ts";

/** The state of a value per row: kept by copy as blocks of bytes, live as objects. */
export function openValueState(
  table: RowTable,
  journal: Journal,
  descriptor: ValueDescriptor,
): SnapshotPart & ValueState<unknown> {
  if (descriptor.isolation === "copy") return new TypedValueState(table, journal, descriptor.codec);
  return new LiveValueState(table, journal, valueBoxOf(descriptor));
}

/** The very objects, which only engine code holds; one slot per row. */
class LiveValueState implements ValueState<unknown>, SnapshotPart, Undoable {
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

  get(row: number): unknown {
    const kept = row < this.#slots.length ? this.#slots[row] : EMPTY;
    return kept === EMPTY ? undefined : this.#box.unpack(kept);
  }

  set(row: number, value: unknown): void {
    if (value === undefined) {
      this.clear(row);
      return;
    }
    const kept = this.#box.pack(value);
    fillTo(this.#slots, row);
    this.#journal.note(this, row, null, this.#slots[row]);
    this.#put(row, kept);
  }

  clear(row: number): void {
    if (row >= this.#slots.length || this.#slots[row] === EMPTY) return;
    this.#journal.note(this, row, null, this.#slots[row]);
    this.#put(row, EMPTY);
  }

  undo(row: number, _extra: unknown, old: unknown): void {
    this.#put(row, old);
  }

  write(writers: GroupWriters): void {
    for (let row = 0; row < this.#slots.length; row++) {
      if (this.#slots[row] !== EMPTY) this.#box.write(writers.entry(row), this.#slots[row]);
    }
  }

  read(reader: ByteReader, row: number): null {
    fillTo(this.#slots, row);
    this.#put(row, this.#box.read(reader));
    return null;
  }

  #put(row: number, kept: unknown): void {
    const before = this.#slots[row];
    this.#slots[row] = kept;
    if (before !== EMPTY) this.bytes -= this.#box.bytes(before);
    if (kept !== EMPTY) this.bytes += this.#box.bytes(kept);
    if (before === EMPTY && kept !== EMPTY) this.#table.hold(row);
    else if (before !== EMPTY && kept === EMPTY) this.#table.letGo(row);
  }
}
