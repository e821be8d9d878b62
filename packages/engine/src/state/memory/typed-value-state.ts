import { VALUE_LAYOUT, type RecordLayout } from "../../record/layout.ts";
import type { RecordBatch } from "../../record/batch.ts";

import type { ValueState } from "../state-backend.ts";
import type { StateCodec } from "../state-codec.ts";
import type { RecordUpdates, StoredColumns, StoredRecords } from "../stored-records.ts";
import type { Journal, Settling, Undoable } from "./journal.ts";
import { FrozenBlocks } from "./frozen-blocks.ts";
import { type FormColumns, recordForm } from "./record-form.ts";
import { hasImages } from "./record-image.ts";
import { BlockUpdates } from "./record-updates.ts";
import type { PayloadReader } from "./payload-reader.ts";
import type { RowTable } from "./row-table.ts";
import type { FrozenPart, SnapshotPart } from "./snapshot-part.ts";
import { TypedValues } from "./typed-values.ts";

/**
 * A value per row, kept by copy as a block: no object per key. A write inside a journal goes to a new block, and the old one is
 * released when the journal's record stands; outside of one it goes to the same block if it fits.
 */
export class TypedValueState implements ValueState<unknown>, StoredRecords, SnapshotPart, Undoable, Settling {
  readonly #table: RowTable;
  readonly #journal: Journal;
  readonly #values: TypedValues;
  /** Address of each row's block; 0 is none. */
  #blocks = new Int32Array(32);
  /** Blocks that a snapshot has still to read; null where none is read. */
  #frozen: FrozenBlocks | null = null;
  /** Blocks that the writes of the journal's record replaced. */
  readonly #replaced: number[] = [];

  constructor(table: RowTable, journal: Journal, codec: StateCodec) {
    this.#table = table;
    this.#journal = journal;
    this.#values = new TypedValues(codec);
  }

  get bytes(): number {
    return this.#values.bytes + this.#blocks.byteLength;
  }

  get records(): StoredRecords {
    return this;
  }

  get(row: number): unknown {
    const at = this.#at(row);
    return at === 0 ? undefined : this.#values.load(at);
  }

  set(row: number, value: unknown): void {
    if (value === undefined) this.clear(row);
    else this.#put(row, this.#values.store(value, this.#ownBlock(row)));
  }

  clear(row: number): void {
    if (this.#at(row) !== 0) this.#put(row, 0);
  }

  layout(row: number): RecordLayout | null {
    const at = this.#at(row);
    return at === 0 ? null : (this.#values.formAt(at)?.columnsLayout ?? VALUE_LAYOUT);
  }

  setRow(row: number, batch: RecordBatch, from: number): boolean {
    const at = this.#values.storeRow(batch, from, this.#ownBlock(row));
    if (at !== 0) this.#put(row, at);
    return at !== 0;
  }

  columns(layout: RecordLayout, rows: number): StoredColumns {
    return recordForm(layout).columns(rows);
  }

  updates(layout: RecordLayout): RecordUpdates | null {
    if (!hasImages(layout) || !this.#values.takes(layout)) return null;
    const values = this.#values;
    return new BlockUpdates(
      {
        values,
        blockOf: (row) => this.#at(row),
        putImage: (row, memory, image) => {
          this.#put(row, values.storeImage(memory, image, this.#ownBlock(row)));
        },
      },
      layout,
    );
  }

  copy(row: number, to: StoredColumns, at: number): void {
    const block = this.#at(row);
    const values = this.#values;
    (to as FormColumns).take(values.chunk(block), values.offset(block), at);
  }

  undo(row: number, _extra: unknown, old: unknown): void {
    const written = this.#at(row);
    this.#point(row, old as number);
    if (written !== 0) this.#values.release(written);
  }

  settle(kept: boolean): void {
    if (kept) for (const at of this.#replaced) this.#values.release(at);
    this.#replaced.length = 0;
  }

  freeze(): FrozenPart {
    const rows = Math.min(this.#blocks.length, this.#table.rowEnd);
    const frozen = new FrozenBlocks(rows);
    const values = this.#values;
    values.freeze();
    this.#frozen = frozen;
    return {
      steps: rows,
      // The newest rows first: they are the likeliest to be written again, and what was read may be written to in place.
      write: (writers, from, end) => {
        frozen.read(this.#blocks, end - from, (row, at) => {
          if (writers.wants(row)) values.write(writers.entry(row), at);
        });
      },
      release: () => {
        this.#frozen = null;
        values.thaw();
      },
    };
  }

  read(reader: PayloadReader, row: number): null {
    const before = this.#at(row);
    this.#point(row, this.#values.read(reader));
    if (before !== 0) this.#values.release(before);
    return null;
  }

  #at(row: number): number {
    return row < this.#blocks.length ? (this.#blocks[row] as number) : 0;
  }

  /** The block that a write to the row may go to; 0: a new one, since the journal or a snapshot needs what is there. */
  #ownBlock(row: number): number {
    if (this.#journal.active) return 0;
    const at = this.#at(row);
    return this.#isFrozen(row, at) ? 0 : at;
  }

  /** A snapshot has still to read a row's block. */
  #isFrozen(row: number, at: number): boolean {
    return this.#frozen !== null && this.#frozen.has(row, at);
  }

  /** The row's value is at `at` now; 0: it has none. */
  #put(row: number, at: number): void {
    const before = this.#at(row);
    this.#table.changes.mark(row);
    if (this.#journal.active) {
      this.#journal.note(this, row, null, before);
      if (before !== 0) {
        if (this.#replaced.length === 0) this.#journal.enlist(this);
        this.#replaced.push(before);
      }
    } else if (before !== 0 && this.#isFrozen(row, before)) {
      this.#values.release(before);
    } else if (before !== 0 && at === 0) {
      this.#values.releaseNow(before);
    }
    this.#point(row, at);
  }

  #point(row: number, at: number): void {
    if (row >= this.#blocks.length) {
      const blocks = new Int32Array(Math.max(row + 1, this.#blocks.length * 2));
      blocks.set(this.#blocks);
      this.#blocks = blocks;
    }
    const before = this.#blocks[row] as number;
    if (before === at) return;
    this.#frozen?.beforeChange(this.#blocks, row);
    this.#blocks[row] = at;
    if (before === 0 && at !== 0) this.#table.hold(row);
    else if (before !== 0 && at === 0) this.#table.letGo(row);
  }
}
