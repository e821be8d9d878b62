import { BATCH_ROWS_MAX, type RecordBatch, ROW_KINDS } from "../../record/batch.ts";
import type { Column } from "../../record/column.ts";
import type { RecordLayout } from "../../record/layout.ts";
import type { RecordUpdates } from "../stored-records.ts";
import { FIRST_IMAGE, ImageMemory, type TextRegion } from "./image-memory.ts";
import { type ImageColumns, type RecordImages, recordImages } from "./record-image.ts";
import { shapeOf } from "./record-form.ts";
import type { TypedValues } from "./typed-values.ts";
import type { Chunk } from "./value-arena.ts";

/** More bytes of old or of new records than this are not worked on at once, for the memory that they would take. */
const BYTES_MAX = 2 ** 22;
/** Places of the index of a batch's state rows; a power of two. */
const INDEX_BITS = 12;
/** Greater than any row of a batch. */
const NEVER = BATCH_ROWS_MAX;

/** What updates want of the state: where each row's block is, and how it gets another. */
export interface UpdatedBlocks {
  readonly values: TypedValues;
  /** Address of a row's block, 0 if it has none. */
  blockOf(row: number): number;
  /** Gives a row the block whose image begins at that long of `memory`. */
  putImage(row: number, memory: Chunk, image: number): void;
}

/** Rows of a batch on their way into the state; by row of the batch, from the first that `begin` was given. */
export class BlockUpdates implements RecordUpdates {
  readonly changeRows: Int32Array = new Int32Array(BATCH_ROWS_MAX + 1);
  readonly isNew: Uint8Array = new Uint8Array(BATCH_ROWS_MAX);
  hasKept = false;
  inputRows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  rowKinds: Uint8Array = new Uint8Array(BATCH_ROWS_MAX);
  readonly #blocks: UpdatedBlocks;
  readonly #layout: RecordLayout;
  readonly #generated: RecordImages;
  #columns: ImageColumns;
  readonly #memory = new ImageMemory();
  /** Behind the last image. */
  #end = FIRST_IMAGE;
  #rows: Int32Array = this.inputRows;
  #first = 0;
  /** Address of the block of the row's key when the batch began, 0 if it had none. */
  readonly #addresses = new Int32Array(BATCH_ROWS_MAX);
  /** The row before and the next one of the same key; -1 and NEVER if there is none. */
  readonly #before = new Int32Array(BATCH_ROWS_MAX);
  readonly #after = new Int32Array(BATCH_ROWS_MAX);
  /** Image of the block of the row's key, -1 if it had none. */
  readonly #olds = new Int32Array(BATCH_ROWS_MAX);
  /** What is kept for the row's key behind the row. */
  readonly #results = new Int32Array(BATCH_ROWS_MAX);
  readonly #places = {
    sizes: new Int32Array(BATCH_ROWS_MAX),
    images: new Int32Array(BATCH_ROWS_MAX),
    regions: [] as TextRegion[],
  };
  /** Longs of each old block, 0 where it is not copied. */
  readonly #oldLongs = new Int32Array(BATCH_ROWS_MAX);
  /** Image of each change. */
  readonly #sources = new Int32Array(BATCH_ROWS_MAX);
  /** The last row of each key so far, plus one. */
  readonly #index = new Int16Array(2 ** INDEX_BITS);

  constructor(blocks: UpdatedBlocks, layout: RecordLayout) {
    this.#blocks = blocks;
    this.#layout = layout;
    this.#generated = recordImages(layout);
    this.#columns = this.#generated.columns(BATCH_ROWS_MAX);
    for (const { kind } of layout.fields) if (kind === "utf8") this.#places.regions.push({ first: 0, end: 0, sum: 0 });
  }

  get columns(): readonly Column[] {
    return this.#columns.columns;
  }

  begin(batch: RecordBatch, rows: Int32Array, from: number): number {
    this.#rows = rows;
    this.#first = from;
    this.hasKept = false;
    let count = this.#find(Math.min(BATCH_ROWS_MAX, batch.length - from));
    count = this.#measureOlds(count);
    count = this.#generated.measure(batch.columns, from, count, this.#places.sizes, this.#places.regions);
    count = this.#place(count);
    if (count === 0) return from;
    this.#copyOlds(count);
    this.#generated.compose(batch.columns, from, count, this.#places, this.#memory);
    const changes = this.#noteChanges(count);
    this.#generated.extract(this.#sources, 0, changes, this.#memory, this.#columns);
    return from + count;
  }

  refresh(k: number): void {
    const before = this.#before[k] as number;
    if (before < 0) return;
    const change = this.changeRows[k] as number;
    const image = this.#results[before] as number;
    if (this.#sources[change] !== image) this.#setChange(change, image);
  }

  keep(k: number): void {
    const change = this.changeRows[k] as number;
    const image = this.#sources[change] as number;
    this.#results[k] = image;
    this.#setChange(change + 1, image);
    this.hasKept = true;
  }

  apply(end: number): void {
    const count = end - this.#first;
    const blocks = this.#blocks;
    const memory = this.#memory;
    for (let k = 0; k < count; k++) {
      const image = this.#results[k] as number;
      if ((this.#after[k] as number) < count || image === this.#olds[k]) continue;
      blocks.putImage(this.#rows[this.#first + k] as number, memory, image);
    }
  }

  take(): void {
    this.#columns.bytes = this.#memory.bytes.slice(0, this.#end * 8);
    this.#columns = this.#generated.columns(BATCH_ROWS_MAX);
    this.inputRows = new Int32Array(BATCH_ROWS_MAX);
    this.rowKinds = new Uint8Array(BATCH_ROWS_MAX);
  }

  /** Finds each row's block, and the other rows of its key; as many rows as changes fit. */
  #find(length: number): number {
    const index = this.#index.fill(0);
    const rows = this.#rows;
    const first = this.#first;
    let changes = 0;
    for (let k = 0; k < length; k++) {
      const row = rows[first + k] as number;
      let place = Math.imul(row, 0x9e37_79b1) >>> (32 - INDEX_BITS);
      let other = (index[place] as number) - 1;
      while (other >= 0 && rows[first + other] !== row) {
        place = (place + 1) & (2 ** INDEX_BITS - 1);
        other = (index[place] as number) - 1;
      }
      const at = other >= 0 ? (this.#addresses[other] as number) : this.#blocks.blockOf(row);
      const isNew = other < 0 && at === 0 ? 1 : 0;
      if (changes + 2 - isNew > BATCH_ROWS_MAX) return k;
      index[place] = k + 1;
      if (other >= 0) this.#after[other] = k;
      this.#addresses[k] = at;
      this.#before[k] = other;
      this.#after[k] = NEVER;
      this.isNew[k] = isNew;
      this.changeRows[k] = changes;
      changes += 2 - isNew;
    }
    return length;
  }

  /** Sizes of the old blocks that are to be copied; one of another layout ends the rows. */
  #measureOlds(count: number): number {
    const { values } = this.#blocks;
    const shape = shapeOf(this.#layout);
    const longs = this.#oldLongs;
    for (let k = 0; k < count; k++) {
      const at = this.#addresses[k] as number;
      longs[k] = 0;
      if (at === 0 || (this.#before[k] as number) >= 0) continue;
      const { ints } = values.chunk(at);
      const word = values.offset(at) >>> 2;
      if (ints[word] !== shape) return k;
      longs[k] = ((ints[word + 1] as number) + 7) >>> 3;
    }
    return count;
  }

  /** Gives each image its place; as many rows as there is room for. */
  #place(count: number): number {
    const { sizes, images } = this.#places;
    const longs = this.#oldLongs;
    const longsMax = FIRST_IMAGE + BYTES_MAX / 8;
    let end = FIRST_IMAGE;
    let k = 0;
    for (; k < count; k++) {
      const more = (longs[k] as number) + (((sizes[k] as number) + 7) >>> 3);
      if (end + more > longsMax) break;
      this.#olds[k] = longs[k] === 0 ? -1 : end;
      images[k] = end + (longs[k] as number);
      end += more;
    }
    this.#memory.reserve(end, this.#places.regions);
    this.#end = end;
    return k;
  }

  #copyOlds(count: number): void {
    const { values } = this.#blocks;
    const to = this.#memory.longs;
    for (let k = 0; k < count; k++) {
      const length = this.#oldLongs[k] as number;
      if (length === 0) continue;
      const at = this.#addresses[k] as number;
      const from = values.chunk(at).longs;
      const first = values.offset(at) >>> 3;
      const old = this.#olds[k] as number;
      for (let i = 0; i < length; i++) to[old + i] = from[first + i] as bigint;
    }
  }

  /** What changes if each row is kept; returns how many changes there are. */
  #noteChanges(count: number): number {
    const { images } = this.#places;
    const { inputRows, rowKinds } = this;
    const sources = this.#sources;
    let change = 0;
    for (let k = 0; k < count; k++) {
      const image = images[k] as number;
      const before = this.#before[k] as number;
      this.#results[k] = image;
      let kind: number = ROW_KINDS.insert;
      if (before >= 0) this.#olds[k] = this.#olds[before] as number;
      if (this.isNew[k] === 0) {
        sources[change] = (before >= 0 ? images[before] : this.#olds[k]) as number;
        inputRows[change] = this.#first + k;
        rowKinds[change++] = ROW_KINDS.updateBefore;
        kind = ROW_KINDS.updateAfter;
      }
      sources[change] = image;
      inputRows[change] = this.#first + k;
      rowKinds[change++] = kind;
    }
    this.changeRows[count] = change;
    this.#columns.bytes = this.#memory.bytes;
    return change;
  }

  #setChange(change: number, image: number): void {
    this.#sources[change] = image;
    this.#generated.extract(this.#sources, change, change + 1, this.#memory, this.#columns);
  }
}
