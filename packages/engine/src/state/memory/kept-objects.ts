import { FlatValue } from "../flat-value.ts";
import type { StateCodec } from "../state-codec.ts";
import type { Journal, Settling } from "./journal.ts";
import { encodeField, type KeptBytes } from "./kept-bytes.ts";

/** Objects stay decoded on lines. A cell may be on any line of its set, of which there is a power of two. */
const SETS = 2_048;
const WAYS = 4;
const LINES = SETS * WAYS;
/** What is larger, in bytes, stays decoded once it is: to encode it again and again would cost more than it does. */
const SHUT_BYTES_MAX = 65_536;

const PAGE_BITS = 10;
const PAGE_CELLS = 2 ** PAGE_BITS;

interface LargeObject {
  object: unknown;
  readonly codec: StateCodec;
  /** As of a line. */
  isPending: boolean;
}

/**
 * Objects of the engine's own that are written again and again, such as accumulators: kept as bytes, but that those used last are decoded and
 * stand as they are. A number that fits into a word names a cell, 0 is none; a cell holds the address of bytes. So there are no more objects
 * than there are lines, however many cells. For a snapshot each is encoded when it is asked for next, by the snapshot or by whoever
 * may change it then.
 *
 * Inside a journal a write makes a new cell, so that the one before can come back; what is changed inside an object is not covered.
 */
export class KeptObjects implements Settling {
  readonly #journal: Journal;
  readonly #bytes: KeptBytes;
  /** Handle of the bytes of each cell; 0 where it was never encoded. Free cells hold the next free one. */
  #handles = new Int32Array(32);
  #end = 1;
  #free = 0;
  /**
   * By line: the cell whose object stands there, 0 for none; whether its bytes are of before; whether they are so for the snapshot that is being
   * read, too; and whether it was used since a line of its set was last looked for.
   */
  readonly #cells = new Int32Array(LINES);
  readonly #isStale = new Uint8Array(LINES);
  readonly #isPending = new Uint8Array(LINES);
  readonly #isUsed = new Uint8Array(LINES);
  /** By set: the way that is looked at next when a line is looked for. */
  readonly #hands = new Uint8Array(SETS);
  readonly #objects: unknown[] = [];
  readonly #codecs: (StateCodec | null)[] = [];
  /** Large ones, decoded, with their codecs; their bytes are taken to be of before. */
  readonly #large = new Map<number, LargeObject>();
  /** Cells made and released since the journal began. */
  readonly #made: number[] = [];
  readonly #released: number[] = [];
  /** Words that another flat value took the place of: somebody may be looking at them still. */
  readonly #replaced: number[] = [];
  /** While a snapshot is read: pages of handles as they were, where one of the page was changed since. */
  #frozen: (Int32Array | undefined)[] | null = null;

  /** `bytes`: where they are kept, which is frozen and thawed by the owner; after `freeze` of this, and before its `thaw`. */
  constructor(journal: Journal, bytes: KeptBytes) {
    this.#journal = journal;
    this.#bytes = bytes;
    for (let line = 0; line < LINES; line++) {
      this.#objects.push(undefined);
      this.#codecs.push(null);
    }
  }

  /**
   * The object of a cell: the very one where it stands decoded, a flat value over the words that are kept, else decoded anew and not kept so.
   * Flat values that were given before are good until the first `get` after a `put`, or until their cell is released.
   */
  get(cell: number, codec: StateCodec): unknown {
    const line = this.#lineOf(cell);
    if (line >= 0) {
      this.#isUsed[line] = 1;
      if (this.#isPending[line] === 1) this.#encode(line);
      return this.#objects[line];
    }
    const large = this.#large.size === 0 ? undefined : this.#large.get(cell);
    if (large !== undefined) {
      if (large.isPending) this.#writeLarge(cell, large);
      return large.object;
    }
    if (this.#replaced.length > 0) this.#freeReplaced();
    const handle = this.#handles[cell] as number;
    return this.#bytes.value(handle, codec, this.#frozen !== null && this.#isFrozen(cell, handle));
  }

  /** Makes an object that of a cell, which is 0 for a new one; returns the cell that holds it now. It may be changed until it is encoded. */
  put(cell: number, object: unknown, codec: StateCodec): number {
    if (codec.flat !== undefined && object instanceof FlatValue) return this.#putFlat(cell, object);
    if (cell === 0 || this.#journal.active) {
      const made = this.#make(cell);
      this.#open(made, object, codec);
      return made;
    }
    const line = this.#lineOf(cell);
    if (line >= 0) {
      if (this.#isPending[line] === 1) this.#encode(line);
      this.#objects[line] = object;
      this.#isStale[line] = 1;
      return cell;
    }
    const large = this.#large.size === 0 ? undefined : this.#large.get(cell);
    if (large === undefined) {
      this.#open(cell, object, codec);
    } else {
      if (large.isPending) this.#writeLarge(cell, large);
      large.object = object;
    }
    return cell;
  }

  /** What was changed in the words that are kept is there already. */
  #putFlat(cell: number, value: FlatValue): number {
    if (cell === 0 || this.#journal.active) {
      const made = this.#make(cell);
      this.#point(made, this.#bytes.keepFlat(value));
      return made;
    }
    const placed = this.#handles[cell] as number;
    if (placed !== 0 && this.#bytes.isPlaced(placed, value)) return cell;
    this.#forget(cell);
    const before = this.#handles[cell] as number;
    this.#point(cell, this.#bytes.keepFlat(value));
    if (before !== 0) this.#replaced.push(before);
    return cell;
  }

  /** A cell in place of another one; 0 for none. */
  #make(instead: number): number {
    const made = this.#take();
    if (this.#journal.active) {
      this.#enlist();
      this.#made.push(made);
      if (instead !== 0) this.#released.push(instead);
    }
    return made;
  }

  /** A cell of bytes that were written by {@link written}. */
  restore(bytes: Uint8Array): number {
    const cell = this.#take();
    this.#point(cell, this.#bytes.keepForGood(bytes));
    return cell;
  }

  /** Gives a cell up as soon as no journal may want it any more; 0 is let be. */
  release(cell: number): void {
    if (cell === 0) return;
    if (this.#journal.active) {
      this.#enlist();
      this.#released.push(cell);
    } else {
      this.#drop(cell);
    }
  }

  settle(kept: boolean): void {
    for (const cell of kept ? this.#released : this.#made) this.#drop(cell);
    this.#made.length = 0;
    this.#released.length = 0;
  }

  /** Until `thaw`, {@link written} gives what there is now. */
  freeze(): void {
    this.#isPending.set(this.#isStale);
    for (const large of this.#large.values()) large.isPending = true;
    this.#frozen = [];
  }

  thaw(): void {
    this.#frozen = null;
    this.#isPending.fill(0);
    for (const large of this.#large.values()) large.isPending = false;
  }

  /** Bytes of a cell as they were at `freeze`; good until the next write. */
  written(cell: number, codec: StateCodec): Uint8Array {
    this.#writePending(cell);
    const page = this.#frozen?.[cell >>> PAGE_BITS];
    const handle = (page === undefined ? this.#handles[cell] : page[cell & (PAGE_CELLS - 1)]) as number;
    return this.#bytes.written(handle, codec);
  }

  /** True where a snapshot that is being read may want what `handle` stands for. */
  #isFrozen(cell: number, handle: number): boolean {
    const page = this.#frozen?.[cell >>> PAGE_BITS];
    return page === undefined || page[cell & (PAGE_CELLS - 1)] === handle;
  }

  /** The line where a cell's object stands; -1 for none. */
  #lineOf(cell: number): number {
    const cells = this.#cells;
    const first = (cell & (SETS - 1)) * WAYS;
    for (let line = first; line < first + WAYS; line++) if (cells[line] === cell) return line;
    return -1;
  }

  #open(cell: number, object: unknown, codec: StateCodec): void {
    const line = this.#makeLine(cell & (SETS - 1));
    this.#cells[line] = cell;
    this.#objects[line] = object;
    this.#codecs[line] = codec;
    this.#isStale[line] = 1;
    this.#isUsed[line] = 0;
  }

  /** A line of a set, for another object: a free one, or that of one that was not used for a while. */
  #makeLine(set: number): number {
    const first = set * WAYS;
    for (let line = first; line < first + WAYS; line++) if (this.#cells[line] === 0) return line;
    let way = this.#hands[set] as number;
    for (; this.#isUsed[first + way] === 1; way = (way + 1) % WAYS) this.#isUsed[first + way] = 0;
    this.#hands[set] = (way + 1) % WAYS;
    this.#shut(first + way);
    return first + way;
  }

  #shut(line: number): void {
    if (this.#isStale[line] === 0) return;
    const cell = this.#cells[line] as number;
    const bytes = this.#encode(line);
    if (bytes > SHUT_BYTES_MAX) {
      const codec = this.#codecs[line] as StateCodec;
      this.#large.set(cell, { object: this.#objects[line], codec, isPending: false });
    }
  }

  /** Returns how many bytes it takes. */
  #encode(line: number): number {
    const codec = this.#codecs[line] as StateCodec;
    const bytes = encodeField(this.#objects[line], codec);
    this.#keep(this.#cells[line] as number, bytes, this.#isPending[line] === 1);
    this.#isStale[line] = 0;
    this.#isPending[line] = 0;
    return bytes.length;
  }

  #writeLarge(cell: number, large: LargeObject): void {
    this.#keep(cell, encodeField(large.object, large.codec), large.isPending);
    large.isPending = false;
  }

  /** Keeps what a snapshot may still want of an object. */
  #writePending(cell: number): void {
    const line = this.#lineOf(cell);
    if (line >= 0) {
      if (this.#isPending[line] === 1) this.#encode(line);
      return;
    }
    const large = this.#large.size === 0 ? undefined : this.#large.get(cell);
    if (large?.isPending === true) this.#writeLarge(cell, large);
  }

  /** Makes bytes those of a cell; `isPending`: those of the snapshot that is being read, too. Whatever journal is open is about cells, and this one stays what it is. */
  #keep(cell: number, bytes: Uint8Array, isPending: boolean): void {
    const before = this.#handles[cell] as number;
    const handle = this.#bytes.keepForGood(bytes);
    if (isPending) {
      const page = this.#frozen?.[cell >>> PAGE_BITS];
      if (page !== undefined) page[cell & (PAGE_CELLS - 1)] = handle;
      this.#handles[cell] = handle;
    } else {
      this.#point(cell, handle);
    }
    this.#bytes.releaseForGood(before);
  }

  #drop(cell: number): void {
    this.#forget(cell);
    this.#bytes.releaseForGood(this.#handles[cell] as number);
    this.#point(cell, this.#free);
    this.#free = cell;
  }

  /** Nothing of a cell stands decoded any more. */
  #forget(cell: number): void {
    if (this.#frozen !== null) this.#writePending(cell);
    const line = this.#lineOf(cell);
    if (line >= 0) {
      this.#cells[line] = 0;
      this.#objects[line] = undefined;
      this.#codecs[line] = null;
      this.#isStale[line] = 0;
    }
    if (this.#large.size > 0) this.#large.delete(cell);
  }

  #freeReplaced(): void {
    for (const handle of this.#replaced) this.#bytes.releaseForGood(handle);
    this.#replaced.length = 0;
  }

  #point(cell: number, handle: number): void {
    const page = cell >>> PAGE_BITS;
    if (this.#frozen !== null && this.#frozen[page] === undefined)
      this.#frozen[page] = this.#handles.slice(page << PAGE_BITS, (page + 1) << PAGE_BITS);
    this.#handles[cell] = handle;
  }

  #take(): number {
    const cell = this.#free;
    if (cell !== 0) {
      this.#free = this.#handles[cell] as number;
      this.#point(cell, 0);
      return cell;
    }
    if (this.#end === this.#handles.length) {
      const grown = new Int32Array(this.#handles.length * 2);
      grown.set(this.#handles);
      this.#handles = grown;
    }
    return this.#end++;
  }

  #enlist(): void {
    if (this.#made.length + this.#released.length === 0) this.#journal.enlist(this);
  }
}
