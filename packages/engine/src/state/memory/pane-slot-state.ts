import type { ByteReader } from "../byte-reader.ts";
import type { PaneSlotState } from "../slot-state.ts";
import type { Journal, Settling } from "./journal.ts";
import { PaneStarts } from "./pane-starts.ts";
import type { RowTable } from "./row-table.ts";
import { SlotExtents } from "./slot-extents.ts";
import { slotAt, SlotPane, type PanePlaces } from "./slot-pane.ts";
import type { GroupWriters } from "./group-writers.ts";
import type { FrozenPart, SnapshotPart } from "./snapshot-part.ts";
import { SlotWords, WRITTEN, type SlotOptions } from "./slot-words.ts";

const CLAIMED = 1;
const DELETED = 2;
const PANE_MADE = 3;
/** Emptied by deletions: its extents are kept until the journal ends, so that slots come back where they were. */
const PANE_LEFT = 4;
const PANE_DROPPED = 5;

/**
 * A table per pane, in words that all panes share. A pane takes slots in extents and gives them back as a whole. Within a pane the order
 * is that of claims, but that a deletion moves the last slot into the gap.
 */
export class MemoryPaneSlotState extends SlotWords implements PaneSlotState, SnapshotPart, Settling {
  readonly #table: RowTable;
  readonly #panes = new Map<number, SlotPane>();
  readonly #starts = new PaneStarts();
  readonly #extents = new SlotExtents();
  /** Row of each slot that is in use. */
  #rows = new Int32Array(0);
  #live = 0;
  /** Most calls in a row are for the same pane. */
  #lastStart = Number.NaN;
  #lastPane: SlotPane | null = null;
  /** Panes that an open journal may bring back. */
  #gone: SlotPane[] = [];
  /** Where the slot that undo brings back next was. */
  #undeleting: SlotPane | null = null;
  #undeletingSlot = -1;

  constructor(table: RowTable, journal: Journal, options: SlotOptions) {
    super(options, journal);
    this.#table = table;
  }

  get bytes(): number {
    return this.#live * (this.width * 8 + 20) + this.valueBytes;
  }

  find(row: number, pane: number): number {
    const found = this.#pane(pane);
    const slot = found === null ? -1 : found.slots.find(row);
    return slot < 0 ? -1 : slot * this.width;
  }

  claim(row: number, pane: number): number {
    return this.#claimIn(this.#pane(pane) ?? this.#makePane(pane), row);
  }

  claimAll(rows: Int32Array, count: number, pane: number, slots: Int32Array): void {
    if (count === 0) return;
    const found = this.#pane(pane) ?? this.#makePane(pane);
    const { width } = this;
    const index = found.slots;
    for (let i = 0; i < count; i++) {
      const slot = index.find(rows[i] as number);
      slots[i] = slot < 0 ? this.#add(found, rows[i] as number) : slot * width;
    }
  }

  delete(row: number, pane: number): void {
    const found = this.#pane(pane);
    if (found === null) return;
    const slot = found.slots.find(row);
    if (slot < 0) return;
    const { journal } = this;
    const at = slot * this.width;
    journal.noteWords(this, row, DELETED, this.words, at, this.width);
    journal.note(this, slot, DELETED, found);
    this.releaseValues(at);
    this.#removeAt(found, slot);
    this.#letGo(row);
    if (found.size > 0) return;
    journal.note(this, 0, PANE_LEFT, found);
    this.#leave(found);
  }

  panes(): readonly number[] {
    return this.#starts.handOut();
  }

  size(pane: number): number {
    return this.#pane(pane)?.size ?? 0;
  }

  scan(pane: number, from: number, rows: Int32Array, slots: Int32Array): number {
    const found = this.#pane(pane);
    if (found === null) return 0;
    const count = Math.max(0, Math.min(rows.length, slots.length, found.size - from));
    for (let i = 0; i < count; i++) {
      const slot = found.slotAt(from + i);
      rows[i] = this.#rows[slot] as number;
      slots[i] = slot * this.width;
    }
    return count;
  }

  dropPane(pane: number): void {
    const found = this.#pane(pane);
    if (found === null) return;
    this.journal.note(this, 0, PANE_DROPPED, found);
    for (let position = 0; position < found.size; position++) {
      const slot = found.slotAt(position);
      if (this.hasValues) this.releaseValues(slot * this.width);
      this.#letGo(this.#rows[slot] as number);
    }
    this.#leave(found);
  }

  undo(row: number, extra: unknown, old: unknown): void {
    switch (extra) {
      case WRITTEN:
        this.putBack(row, old as number);
        return;
      case CLAIMED:
        this.#unclaim(old as SlotPane, row);
        return;
      case DELETED:
        this.#undelete(row, old as SlotPane | number);
        return;
      case PANE_MADE:
        this.#forget(old as SlotPane);
        this.#free(old as SlotPane);
        return;
      default:
        this.#comeBack(old as SlotPane, extra === PANE_DROPPED);
    }
  }

  settle(kept: boolean): void {
    if (kept) for (const pane of this.#gone) this.#free(pane);
    this.#gone = [];
  }

  freeze(): FrozenPart {
    this.freezeWords();
    const rows = this.#rows.slice(0, this.#extents.end);
    const panes = Array.from(this.#starts.all, (start) => (this.#panes.get(start) as SlotPane).places());
    let pane = 0;
    let position = 0;
    return {
      steps: panes.reduce((steps, { size }) => steps + size, 0),
      write: (writers, from, end) => {
        for (let left = end - from; left > 0; pane += position === 0 ? 1 : 0) {
          const places = panes[pane] as PanePlaces;
          const until = Math.min(places.size, position + left);
          left -= until - position;
          this.#writeFrozenPane(writers, rows, places, position, until);
          position = until === places.size ? 0 : until;
        }
      },
      release: () => {
        this.thawWords();
      },
    };
  }

  read(reader: ByteReader, row: number): void {
    const pane = reader.f64();
    if (Number.isNaN(pane)) reader.fail("a pane has no start");
    this.readSlot(reader, this.claim(row, pane));
  }

  #writeFrozenPane(writers: GroupWriters, rows: Int32Array, places: PanePlaces, from: number, end: number): void {
    for (let position = from; position < end; position++) {
      const slot = slotAt(places.extents, position);
      const writer = writers.entry(rows[slot] as number);
      writer.f64(places.start);
      this.writeFrozen(writer, slot * this.width);
    }
  }

  #claimIn(pane: SlotPane, row: number): number {
    const found = pane.slots.find(row);
    return found < 0 ? this.#add(pane, row) : found * this.width;
  }

  /** Makes the slot of a row that has none. */
  #add(pane: SlotPane, row: number): number {
    const slot = this.#append(pane, row);
    this.journal.note(this, row, CLAIMED, pane);
    this.fill(slot * this.width);
    this.#live++;
    this.#table.hold(row);
    return slot * this.width;
  }

  /** Takes the next position of a pane for a row; its words are anything. */
  #append(pane: SlotPane, row: number): number {
    if (pane.isFull) {
      pane.extents.push(this.#extents.take(pane.extents.length));
      if (this.#extents.end > this.#rows.length) this.#grow(this.#extents.end);
    }
    const slot = pane.append();
    this.#rows[slot] = row;
    pane.slots.add(row, slot);
    return slot;
  }

  /** Takes a slot out of a pane; the last one takes its place. */
  #removeAt(pane: SlotPane, slot: number): void {
    const last = pane.removeLast();
    pane.slots.remove(this.#rows[slot] as number);
    if (last !== slot) this.#moveSlot(pane, last, slot);
  }

  #moveSlot(pane: SlotPane, from: number, to: number): void {
    const row = this.#rows[from] as number;
    this.beforeWrite(to * this.width);
    this.#rows[to] = row;
    this.words.copyWithin(to * this.width, from * this.width, (from + 1) * this.width);
    pane.slots.move(row, to);
  }

  /** The claim that is undone was the last one of its pane. */
  #unclaim(pane: SlotPane, row: number): void {
    pane.removeLast();
    pane.slots.remove(row);
    this.#letGo(row);
  }

  /** Two entries, undone in turn: the slot's place in its pane, with the row that comes back, then its words. */
  #undelete(rowOrSlot: number, old: SlotPane | number): void {
    if (typeof old !== "number") {
      this.#undeleting = old;
      this.#undeletingSlot = rowOrSlot;
      return;
    }
    const pane = this.#undeleting as SlotPane;
    const slot = this.#undeletingSlot;
    const last = this.#append(pane, rowOrSlot);
    if (last !== slot) {
      this.#moveSlot(pane, slot, last);
      this.#rows[slot] = rowOrSlot;
      pane.slots.move(rowOrSlot, slot);
    }
    this.putBack(slot * this.width, old);
    this.#live++;
    this.#table.hold(rowOrSlot);
    this.#undeleting = null;
  }

  #comeBack(pane: SlotPane, withRows: boolean): void {
    this.#enter(pane);
    if (!withRows) return;
    for (let position = 0; position < pane.size; position++) {
      this.#live++;
      this.#table.hold(this.#rows[pane.slotAt(position)] as number);
    }
  }

  #letGo(row: number): void {
    this.#live--;
    this.#table.letGo(row);
  }

  #pane(start: number): SlotPane | null {
    if (start !== this.#lastStart) {
      this.#lastPane = this.#panes.get(start) ?? null;
      this.#lastStart = start;
    }
    return this.#lastPane;
  }

  #makePane(start: number): SlotPane {
    const pane = new SlotPane(start);
    this.#enter(pane);
    this.journal.note(this, 0, PANE_MADE, pane);
    return pane;
  }

  #enter(pane: SlotPane): void {
    this.#panes.set(pane.start, pane);
    this.#starts.add(pane.start);
    this.#lastStart = pane.start;
    this.#lastPane = pane;
  }

  /** Takes a pane away whose rows are let go; an open journal may bring it back. */
  #leave(pane: SlotPane): void {
    this.#forget(pane);
    if (!this.journal.active) {
      this.#free(pane);
      return;
    }
    if (this.#gone.length === 0) this.journal.enlist(this);
    this.#gone.push(pane);
  }

  #forget(pane: SlotPane): void {
    this.#panes.delete(pane.start);
    this.#starts.delete(pane.start);
    this.#lastPane = null;
    this.#lastStart = Number.NaN;
  }

  #free(pane: SlotPane): void {
    for (const [ordinal, start] of pane.extents.entries()) this.#extents.giveBack(start, ordinal);
  }

  #grow(slots: number): void {
    const capacity = Math.max(64, slots, this.#rows.length * 2);
    this.widen(capacity);
    const rows = new Int32Array(capacity);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
