import type { ByteReader } from "../byte-reader.ts";
import type { PaneState } from "../state-backend.ts";
import type { Journal, Undoable } from "./journal.ts";
import { PaneStarts } from "./pane-starts.ts";
import { PaneTable } from "./pane-table.ts";
import type { RowTable } from "./row-table.ts";
import type { GroupWriters } from "./group-writers.ts";
import type { SnapshotPart } from "./snapshot-part.ts";
import type { ValueBox } from "./value-box.ts";

/** One table per pane. Within a pane the order is that of arrival, but that a deletion moves the last one into the gap. */
export class MemoryPaneState implements PaneState<unknown>, SnapshotPart, Undoable {
  readonly #table: RowTable;
  readonly #journal: Journal;
  readonly #box: ValueBox;
  readonly #tables = new Map<number, PaneTable>();
  /** Keys of #tables. */
  readonly #starts = new PaneStarts();
  /** Most calls in a row are for the same pane. */
  #lastStart = Number.NaN;
  #lastTable: PaneTable | null = null;
  bytes = 0;

  constructor(table: RowTable, journal: Journal, box: ValueBox) {
    this.#table = table;
    this.#journal = journal;
    this.#box = box;
  }

  get(row: number, pane: number): unknown {
    const table = this.#pane(pane);
    const position = table === null ? -1 : table.find(row);
    return position < 0 ? undefined : this.#box.unpack((table as PaneTable).kept[position]);
  }

  set(row: number, pane: number, accumulator: unknown): void {
    const kept = this.#box.pack(accumulator);
    if (this.#journal.active) this.#journal.note(this, row, pane, this.#before(row, pane));
    this.#put(row, pane, kept);
  }

  delete(row: number, pane: number): void {
    const before = this.#before(row, pane);
    if (before === null) return;
    this.#journal.note(this, row, pane, before);
    this.#remove(row, pane);
  }

  panes(): readonly number[] {
    return this.#starts.handOut();
  }

  forEach(pane: number, visit: (row: number, accumulator: unknown) => void): void {
    const table = this.#pane(pane);
    if (table === null) return;
    for (let i = 0; i < table.size; i++) visit(table.rows[i] as number, this.#box.unpack(table.kept[i]));
  }

  dropPane(pane: number): void {
    const table = this.#pane(pane);
    if (table === null) return;
    this.#journal.note(this, -1, pane, table);
    for (let i = 0; i < table.size; i++) {
      this.bytes -= this.#box.bytes(table.kept[i]);
      this.#table.letGo(table.rows[i] as number);
    }
    this.#forgetPane(pane);
  }

  /** `extra` is the pane; `old` a dropped table, the kept value in a box, or null where there was none. */
  undo(row: number, extra: unknown, old: unknown): void {
    const pane = extra as number;
    if (old === null) {
      this.#remove(row, pane);
    } else if (old instanceof PaneTable) {
      for (let i = 0; i < old.size; i++) this.#put(old.rows[i] as number, pane, old.kept[i]);
    } else {
      this.#put(row, pane, (old as { kept: unknown }).kept);
    }
  }

  write(writers: GroupWriters): void {
    for (const start of this.#starts.all) {
      const table = this.#tables.get(start) as PaneTable;
      for (let i = 0; i < table.size; i++) {
        const writer = writers.entry(table.rows[i] as number);
        writer.f64(start);
        this.#box.write(writer, table.kept[i]);
      }
    }
  }

  read(reader: ByteReader, row: number): void {
    const pane = reader.f64();
    if (Number.isNaN(pane)) reader.fail("a pane has no start");
    this.#put(row, pane, this.#box.read(reader));
  }

  /** What undo needs to bring back an accumulator; null if there is none. */
  #before(row: number, pane: number): { readonly kept: unknown } | null {
    const table = this.#pane(pane);
    const position = table === null ? -1 : table.find(row);
    return position < 0 ? null : { kept: (table as PaneTable).kept[position] };
  }

  #pane(start: number): PaneTable | null {
    if (start !== this.#lastStart) {
      this.#lastTable = this.#tables.get(start) ?? null;
      this.#lastStart = start;
    }
    return this.#lastTable;
  }

  #put(row: number, pane: number, kept: unknown): void {
    const table = this.#pane(pane) ?? this.#makePane(pane);
    const position = table.find(row);
    if (position < 0) {
      table.add(row, kept);
      this.#table.hold(row);
    } else {
      this.bytes -= this.#box.bytes(table.kept[position]);
      table.kept[position] = kept;
    }
    this.bytes += this.#box.bytes(kept);
  }

  #remove(row: number, pane: number): void {
    const table = this.#pane(pane) as PaneTable;
    const position = table.find(row);
    this.bytes -= this.#box.bytes(table.kept[position]);
    table.removeAt(position);
    this.#table.letGo(row);
    if (table.size === 0) this.#forgetPane(pane);
  }

  #makePane(start: number): PaneTable {
    const table = new PaneTable();
    this.#tables.set(start, table);
    this.#lastStart = start;
    this.#lastTable = table;
    this.#starts.add(start);
    return table;
  }

  #forgetPane(start: number): void {
    this.#tables.delete(start);
    this.#lastTable = null;
    this.#lastStart = Number.NaN;
    this.#starts.delete(start);
  }
}
