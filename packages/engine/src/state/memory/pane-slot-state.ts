import type { ByteReader } from "../byte-reader.ts";
import type { PaneSlotState } from "../slot-state.ts";
import type { Journal, Settling } from "./journal.ts";
import { NEWEST_PAGE_BITS, NewestPanes } from "./newest-panes.ts";
import { PaneStarts } from "./pane-starts.ts";
import { RowSlots } from "./row-slots.ts";
import type { RowTable } from "./row-table.ts";
import { SlotExtents } from "./slot-extents.ts";
import { slotAt, SlotPane, type PanePlaces } from "./slot-pane.ts";
import type { GroupWriters } from "./group-writers.ts";
import type { FrozenPart, SnapshotPart } from "./snapshot-part.ts";
import { SlotWords, WRITTEN, type SlotOptions } from "./slot-words.ts";

const ROW_MASK = 2 ** NEWEST_PAGE_BITS - 1;

const CLAIMED = 1;
const DELETED = 2;
const PANE_MADE = 3;
/** Emptied by deletions: its extents are kept until the journal ends, so that slots come back where they were. */
const PANE_LEFT = 4;
const PANE_DROPPED = 5;

/** A pane of more rows knows from then on which of them have a newer pane: to find that out later would take too long. */
const UNSORTED_MAX = 32_768;
/** Slots of dropped panes that are let go at once; the others follow, as many each time. */
const LET_GO_MAX = 8_192;

/**
 * A table per pane, in words that all panes share; a slot's own word is its row. A pane takes slots in extents and gives them back as a
 * whole. Within a pane the order is that of claims, but that a deletion moves the last slot into the gap.
 *
 * Most rows are asked for in the pane that they came into last: one look at {@link NewestPanes}. For the others a pane has an index, made
 * when somebody asks; streams in order need none.
 */
export class MemoryPaneSlotState extends SlotWords implements PaneSlotState, SnapshotPart, Settling {
  readonly #table: RowTable;
  readonly #panes = new Map<number, SlotPane>();
  /** The same by number. */
  readonly #numbered = new Map<number, SlotPane>();
  readonly #starts = new PaneStarts();
  readonly #extents = new SlotExtents();
  readonly #newest = new NewestPanes();
  /** Panes ever made. */
  #made = 0;
  #live = 0;
  /** Most calls in a row are for the same pane. */
  #lastStart = Number.NaN;
  #lastPane: SlotPane | null = null;
  /** Panes that an open journal may bring back. */
  #gone: SlotPane[] = [];
  /** Panes that are no more, whose rows are not let go yet. */
  readonly #dropped: SlotPane[] = [];
  /** Where the slot that undo brings back next was. */
  #undeleting: SlotPane | null = null;
  #undeletingSlot = -1;

  constructor(table: RowTable, journal: Journal, options: SlotOptions) {
    super({ ...options, ownWords: 1 }, journal);
    this.#table = table;
  }

  get bytes(): number {
    return this.#live * (this.stride * 8 + 8) + this.valueBytes;
  }

  find(row: number, pane: number): number {
    const found = this.#pane(pane);
    return found === null ? -1 : this.#findIn(found, row);
  }

  claim(row: number, pane: number): number {
    this.#table.changes.mark(row);
    return this.#claimIn(this.#pane(pane) ?? this.#makePane(pane), row);
  }

  claimAll(rows: Int32Array, count: number, pane: number, slots: Int32Array): void {
    if (count === 0) return;
    this.#table.changes.markAll(rows, count);
    const found = this.#pane(pane) ?? this.#makePane(pane);
    const { number } = found;
    const { pages } = this.#newest;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const place = (row & ROW_MASK) << 1;
      // Never read beyond an array's end: V8 would take that to be usual.
      if (row >>> NEWEST_PAGE_BITS < pages.length) {
        const page = pages[row >>> NEWEST_PAGE_BITS] as Int32Array;
        if (page[place] === number && (page[place + 1] as number) >= 0) {
          slots[i] = page[place + 1] as number;
          continue;
        }
      }
      slots[i] = this.#claimIn(found, row);
    }
    this.touchAll(slots, count);
  }

  override touch(at: number): void {
    super.touch(at);
    this.markChanged(at);
  }

  protected override markChanged(at: number): void {
    this.#table.changes.mark(this.words[at + this.width] as number);
  }

  delete(row: number, pane: number): void {
    const found = this.#pane(pane);
    const at = found === null ? -1 : this.#findIn(found, row);
    if (found === null || at < 0) return;
    const { journal } = this;
    journal.noteWords(this, row, DELETED, this.words, at, this.width);
    journal.note(this, at / this.stride, DELETED, found);
    this.releaseValues(at);
    this.#removeAt(found, at / this.stride);
    this.#letGo(row);
    if (found.size > 0) return;
    journal.note(this, 0, PANE_LEFT, found);
    this.#leave(found);
  }

  clear(row: number): void {
    for (const pane of this.panes()) this.delete(row, pane);
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
    const { words, stride, width } = this;
    const count = Math.max(0, Math.min(rows.length, slots.length, found.size - from));
    for (let i = 0; i < count;) {
      const end = i + found.run(from + i, count - i);
      for (let at = found.slotAt(from + i) * stride; i < end; i++, at += stride) {
        rows[i] = words[at + width] as number;
        slots[i] = at;
      }
    }
    return count;
  }

  dropPane(pane: number): void {
    const found = this.#pane(pane);
    if (found === null) return;
    if (this.journal.active) {
      this.journal.note(this, 0, PANE_DROPPED, found);
      this.#letGoOf(found, 0);
      this.#leave(found);
      return;
    }
    this.#forget(found);
    this.#dropped.push(found);
    this.sweep();
  }

  get isSweeping(): boolean {
    return this.#dropped.length > 0;
  }

  /** Goes on letting go the rows of dropped panes; a bounded number of them. */
  sweep(): void {
    let left = LET_GO_MAX;
    for (let pane = this.#dropped.at(-1); pane !== undefined && left > 0; pane = this.#dropped.at(-1)) {
      const size = Math.max(0, pane.size - left);
      left -= pane.size - size;
      this.#letGoOf(pane, size);
      pane.size = size;
      if (size > 0) return;
      this.#dropped.pop();
      this.#free(pane);
    }
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
    this.freezeWords(this.#extents.end);
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
          this.#writeFrozenPane(writers, places, position, until);
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

  #writeFrozenPane(writers: GroupWriters, places: PanePlaces, from: number, end: number): void {
    for (let position = from; position < end; position++) {
      const words = this.frozenSlot(slotAt(places.extents, position) * this.stride);
      const row = words[this.width] as number;
      if (!writers.wants(row)) continue;
      const writer = writers.entry(row);
      writer.f64(places.start);
      this.writeFrozen(writer, words);
    }
  }

  /** Index of the first word of a row's slot in a pane, -1 if it has none. */
  #findIn(pane: SlotPane, row: number): number {
    const newest = this.#newest.pane(row);
    if (newest === pane.number) return this.#newest.slot(row);
    return newest < pane.number ? -1 : this.#olderOf(pane).find(row);
  }

  #claimIn(pane: SlotPane, row: number): number {
    const found = this.#findIn(pane, row);
    return found < 0 ? this.#add(pane, row) : found;
  }

  /** Makes the slot of a row that has none. */
  #add(pane: SlotPane, row: number): number {
    const at = this.#append(pane, row);
    if (this.journal.active) this.journal.note(this, row, CLAIMED, pane);
    this.fill(at);
    this.#live++;
    this.#table.hold(row);
    return at;
  }

  /** Takes the next position of a pane for a row; the words of its fields are anything. */
  #append(pane: SlotPane, row: number): number {
    // Before the row is in the pane: the index is made of those that are.
    if (this.#newest.pane(row) > pane.number) this.#olderOf(pane);
    if (pane.isFull) {
      pane.extents.push(this.#extents.take(pane.extents.length));
      if (this.#extents.end * this.stride > this.words.length) this.widen(this.#extents.end);
      if (pane.size >= UNSORTED_MAX) this.#olderOf(pane);
    }
    const at = pane.append() * this.stride;
    this.beforeWrite(at);
    this.words[at + this.width] = row;
    this.#enterRow(pane, row, at);
    return at;
  }

  /** Notes the slot of a row that comes into a pane. */
  #enterRow(pane: SlotPane, row: number, at: number): void {
    const newest = this.#newest.pane(row);
    if (newest > pane.number) {
      this.#olderOf(pane).add(row, at);
      return;
    }
    if (newest !== 0 && newest !== pane.number) {
      // The pane that the row was in has to remember where, if it does that.
      const before = this.#numbered.get(newest)?.older;
      if (before !== null && before !== undefined) {
        const slot = this.#newest.slot(row);
        if (slot >= 0) before.add(row, slot);
      }
    }
    this.#newest.set(row, pane.number, at);
  }

  /** Notes that a row of a pane has another slot; -1: none any more. */
  #changeRow(pane: SlotPane, row: number, at: number): void {
    if (this.#newest.pane(row) === pane.number) this.#newest.set(row, pane.number, at);
    else if (at < 0) this.#olderOf(pane).remove(row);
    else this.#olderOf(pane).move(row, at);
  }

  /** The index of the rows that have a newer pane; made now if it was not needed before. */
  #olderOf(pane: SlotPane): RowSlots {
    if (pane.older !== null) return pane.older;
    const older = new RowSlots();
    for (let position = 0; position < pane.size; position++) {
      const at = pane.slotAt(position) * this.stride;
      const row = this.words[at + this.width] as number;
      if (this.#newest.pane(row) !== pane.number) older.add(row, at);
    }
    pane.older = older;
    return older;
  }

  /** Takes a slot out of a pane; the last one takes its place. */
  #removeAt(pane: SlotPane, slot: number): void {
    // Made while the rows are where the pane says; so it is where a slot comes back.
    this.#olderOf(pane);
    this.#changeRow(pane, this.#rowOf(slot), -1);
    const last = pane.removeLast();
    if (last !== slot) this.#moveSlot(pane, last, slot);
  }

  #moveSlot(pane: SlotPane, from: number, to: number): void {
    const { stride, words } = this;
    this.beforeWrite(to * stride);
    words.copyWithin(to * stride, from * stride, (from + 1) * stride);
    this.#changeRow(pane, this.#rowOf(to), to * stride);
  }

  /** The claim that is undone was the last one of its pane. */
  #unclaim(pane: SlotPane, row: number): void {
    this.#changeRow(pane, row, -1);
    pane.removeLast();
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
    const { stride } = this;
    this.#olderOf(pane);
    const at = this.#undeletingSlot * stride;
    const last = this.#append(pane, rowOrSlot);
    if (last !== at) {
      this.#moveSlot(pane, this.#undeletingSlot, last / stride);
      this.beforeWrite(at);
      this.words[at + this.width] = rowOrSlot;
      this.#changeRow(pane, rowOrSlot, at);
    }
    this.putBack(at, old);
    this.#live++;
    this.#table.hold(rowOrSlot);
    this.#undeleting = null;
  }

  #comeBack(pane: SlotPane, withRows: boolean): void {
    // Rows that have come into newer panes meanwhile did not tell it.
    pane.older = null;
    this.#enter(pane);
    if (!withRows) return;
    for (let position = 0; position < pane.size; position++) {
      this.#live++;
      this.#table.hold(this.#rowOf(pane.slotAt(position)));
    }
  }

  #rowOf(slot: number): number {
    return this.words[slot * this.stride + this.width] as number;
  }

  #letGo(row: number): void {
    this.#live--;
    this.#table.letGo(row);
  }

  /** Lets go the rows from a position on. */
  #letGoOf(pane: SlotPane, from: number): void {
    const { stride, hasValues } = this;
    for (let position = from; position < pane.size;) {
      const end = position + pane.run(position, pane.size);
      for (let slot = pane.slotAt(position); position < end; position++, slot++) {
        if (hasValues) this.releaseValues(slot * stride);
        this.#letGo(this.#rowOf(slot));
      }
    }
  }

  #pane(start: number): SlotPane | null {
    if (start !== this.#lastStart) {
      this.#lastPane = this.#panes.get(start) ?? null;
      this.#lastStart = start;
    }
    return this.#lastPane;
  }

  #makePane(start: number): SlotPane {
    const pane = new SlotPane(start, ++this.#made);
    this.#enter(pane);
    this.journal.note(this, 0, PANE_MADE, pane);
    return pane;
  }

  #enter(pane: SlotPane): void {
    this.#panes.set(pane.start, pane);
    this.#numbered.set(pane.number, pane);
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
    this.#numbered.delete(pane.number);
    this.#starts.delete(pane.start);
    this.#lastPane = null;
    this.#lastStart = Number.NaN;
  }

  #free(pane: SlotPane): void {
    for (const [ordinal, start] of pane.extents.entries()) this.#extents.giveBack(start, ordinal);
  }
}
