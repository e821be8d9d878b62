import type { ListState } from "../state-backend.ts";
import type { StateCodec } from "../state-codec.ts";
import { HandedOut } from "./handed-out.ts";
import type { Journal, Settling, Undoable } from "./journal.ts";
import type { PayloadReader } from "./payload-reader.ts";
import type { RowTable } from "./row-table.ts";
import type { FrozenPart, SnapshotPart } from "./snapshot-part.ts";
import { LIST_HEAD_WORDS, TypedValues } from "./typed-values.ts";

const CAPACITY_MIN = 3;

/**
 * A list per row, kept by copy: a block of addresses, a block per element. No object per key or element. Elements are never written
 * to; a list's block is only appended to, and only while no snapshot is being read.
 */
export class TypedListState implements ListState<unknown>, SnapshotPart, Undoable, Settling {
  readonly #table: RowTable;
  readonly #journal: Journal;
  readonly #values: TypedValues;
  readonly #handedOut: HandedOut;
  /** Address of each row's list; 0 is none. */
  #lists = new Int32Array(32);
  /** Blocks that the journal's record made, and those that it replaced. */
  readonly #made: number[] = [];
  readonly #replaced: number[] = [];

  constructor(table: RowTable, journal: Journal, codec: StateCodec) {
    this.#table = table;
    this.#journal = journal;
    this.#values = new TypedValues(codec);
    this.#handedOut = new HandedOut(this.#values);
  }

  get bytes(): number {
    return this.#values.bytes + this.#lists.byteLength;
  }

  get(row: number): readonly unknown[] {
    const list = this.#list(row);
    const count = this.#count(list);
    const elements: unknown[] = [];
    this.#handedOut.begin(list, count);
    for (let i = 0; i < count; i++) {
      const block = this.#element(list, i);
      const element = this.#values.load(block);
      this.#handedOut.add(element, block);
      elements.push(element);
    }
    return elements;
  }

  add(row: number, value: unknown): void {
    const element = this.#values.store(value, 0);
    const list = this.#list(row);
    const count = this.#count(list);
    this.#handedOut.forget();
    this.#table.changes.mark(row);
    this.#note(this.#made, element);
    if (list !== 0 && count < this.#capacity(list) && !this.#values.isFrozen) {
      this.#journal.note(this, row, count, list);
      this.#append(list, element);
      return;
    }
    const longer = this.#values.listBlock(Math.max(CAPACITY_MIN, count * 2));
    for (let i = 0; i < count; i++) this.#append(longer, this.#element(list, i));
    this.#append(longer, element);
    this.#replace(row, longer);
  }

  set(row: number, values: readonly unknown[]): void {
    if (values.length === 0) {
      this.clear(row);
      return;
    }
    const before = this.#list(row);
    const blocks = this.#storeAll(values, this.#handedOut.isOf(before));
    this.#handedOut.forget();
    const list = this.#values.listBlock(Math.max(CAPACITY_MIN, values.length));
    for (const block of blocks) this.#append(list, Math.abs(block));
    const kept = new Set<number>();
    for (const block of blocks) {
      if (block < 0) kept.add(-block);
      else this.#note(this.#made, block);
    }
    this.#dropElements(before, kept);
    this.#replace(row, list);
  }

  clear(row: number): void {
    const list = this.#list(row);
    if (list === 0) return;
    this.#handedOut.forget();
    this.#dropElements(list, NONE);
    this.#replace(row, 0);
  }

  /** `extra` is the count before an append to the list `old`, or null where the list was replaced. */
  undo(row: number, extra: unknown, old: unknown): void {
    this.#handedOut.forget();
    if (extra === null) this.#point(row, old as number);
    else this.#setCount(old as number, extra as number);
  }

  settle(kept: boolean): void {
    for (const block of kept ? this.#replaced : this.#made) this.#values.release(block);
    this.#made.length = 0;
    this.#replaced.length = 0;
  }

  freeze(): FrozenPart {
    const lists = this.#lists.slice();
    this.#values.freeze();
    return {
      steps: lists.length,
      write: (writers, from, end) => {
        for (let row = from; row < end; row++) {
          const list = lists[row] as number;
          if (list === 0 || !writers.wants(row)) continue;
          const writer = writers.entry(row);
          const count = this.#count(list);
          writer.varint(count);
          for (let i = 0; i < count; i++) this.#values.write(writer, this.#element(list, i));
        }
      },
      release: () => {
        this.#values.thaw();
      },
    };
  }

  read(reader: PayloadReader, row: number): void {
    const count = reader.varint();
    // Not more than there can be, before any room is made for them.
    if (count > reader.remaining) reader.fail("a list cannot have that many elements");
    const before = this.#list(row);
    this.#dropElements(before, NONE);
    const list = count === 0 ? 0 : this.#values.listBlock(Math.max(CAPACITY_MIN, count));
    for (let i = 0; i < count; i++) this.#append(list, this.#values.read(reader));
    this.#replace(row, list);
  }

  /** Blocks of values; negative where it is one that was there already. Nothing has changed where it throws. */
  #storeAll(values: readonly unknown[], mayReuse: boolean): number[] {
    const blocks: number[] = [];
    try {
      for (const value of values) {
        const there = mayReuse ? this.#handedOut.take(value) : 0;
        blocks.push(there === 0 ? this.#values.store(value, 0) : -there);
      }
    } catch (error) {
      for (const block of blocks) if (block > 0) this.#values.release(block);
      this.#handedOut.forget();
      throw error;
    }
    return blocks;
  }

  #dropElements(list: number, kept: ReadonlySet<number>): void {
    const count = this.#count(list);
    for (let i = 0; i < count; i++) {
      const block = this.#element(list, i);
      if (!kept.has(block)) this.#drop(block);
    }
  }

  #drop(block: number): void {
    if (this.#journal.active) this.#note(this.#replaced, block);
    else this.#values.release(block);
  }

  /** Notes a block for the end of the journal, if one is open. */
  #note(blocks: number[], block: number): void {
    if (!this.#journal.active) return;
    if (this.#made.length + this.#replaced.length === 0) this.#journal.enlist(this);
    blocks.push(block);
  }

  /** Another list's block, or none, for a row; not its elements. */
  #replace(row: number, list: number): void {
    const before = this.#list(row);
    this.#table.changes.mark(row);
    this.#journal.note(this, row, null, before);
    if (list !== 0) this.#note(this.#made, list);
    if (before !== 0) this.#drop(before);
    this.#point(row, list);
  }

  #point(row: number, list: number): void {
    if (row >= this.#lists.length) {
      const lists = new Int32Array(Math.max(row + 1, this.#lists.length * 2));
      lists.set(this.#lists);
      this.#lists = lists;
    }
    const before = this.#lists[row] as number;
    this.#lists[row] = list;
    if (before === 0 && list !== 0) this.#table.hold(row);
    else if (before !== 0 && list === 0) this.#table.letGo(row);
  }

  #list(row: number): number {
    return row < this.#lists.length ? (this.#lists[row] as number) : 0;
  }

  #count(list: number): number {
    return list === 0 ? 0 : (this.#ints(list)[this.#word(list) + LIST_HEAD_WORDS - 1] as number);
  }

  #setCount(list: number, count: number): void {
    this.#ints(list)[this.#word(list) + LIST_HEAD_WORDS - 1] = count;
  }

  #capacity(list: number): number {
    return ((this.#ints(list)[this.#word(list) + 1] as number) >>> 2) - LIST_HEAD_WORDS;
  }

  #element(list: number, index: number): number {
    return this.#ints(list)[this.#word(list) + LIST_HEAD_WORDS + index] as number;
  }

  #append(list: number, element: number): void {
    const count = this.#count(list);
    this.#ints(list)[this.#word(list) + LIST_HEAD_WORDS + count] = element;
    this.#setCount(list, count + 1);
  }

  #ints(list: number): Int32Array {
    return this.#values.chunk(list).ints;
  }

  #word(list: number): number {
    return this.#values.offset(list) >>> 2;
  }
}

const NONE: ReadonlySet<number> = new Set();
