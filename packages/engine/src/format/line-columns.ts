import { assert } from "../foundation/assert.ts";
import type { RecordLayout } from "../record/layout.ts";
import { BLOCK, OUTCOME, PADDING_BYTES, planBlock, type BlockPlan } from "../record/kernels/json-lines-block.ts";
import { RecordWriter, type Misfit } from "../record/record-writer.ts";
import type { DecodedRows, RowsWriter } from "./decoded-rows.ts";
import { lineScratch, type LineScratch, type ScratchOwner } from "./line-scratch.ts";
import type { RecordCutter } from "./record-cutter.ts";
import { arrayCopies, arrayViews } from "./row-arrays.ts";
import { StagedColumn } from "./staged-column.ts";

/** Input decoded at a time: it stays in the processor's cache, with the columns. Longer lines are decoded by themselves. */
const INPUT_BYTES = 128 * 1_024;

/** Room for the texts of a column: those of most batches. */
const TEXT_BYTES = 3 * INPUT_BYTES;

/** Calls without a row after which the next PAUSE are left out: input that is refused line by line would be copied for nothing. */
const MISSES_MAX = 8;
const PAUSE = 256;

/**
 * Columns of JSON Lines: the lines that are as expected are decoded by the kernel, the others come as records. The rows of a batch
 * gather in the scratch until they are taken, or another decoder needs it.
 */
export class LineColumns implements RowsWriter, ScratchOwner {
  readonly #plan: BlockPlan;
  readonly #writer: RecordWriter;
  readonly #columns: readonly StagedColumn[];
  readonly #scratch: LineScratch;
  readonly #lineBytesMax: number;
  readonly #isClosed: boolean;
  #length = 0;
  /** Rows that came as records, in the writer, and their stream offsets. */
  #ownRows: number[] = [];
  #ownOffsets: number[] = [];
  /** The arrays of rows that had to leave the scratch; null: none had to. */
  #parked: Uint8Array | null = null;
  /** The part of the stream that is in the scratch as its input. */
  #input = { offset: 0, length: 0 };
  #misses = 0;
  #pause = 0;
  #isLent = false;

  /** `isClosed`: lines with keys that the layout does not have come as records. Null where lines of this layout are better decoded one by one: it has columns that hold any value. */
  static open(
    layout: RecordLayout,
    { lineBytesMax, isClosed }: { lineBytesMax: number; isClosed: boolean },
  ): LineColumns | null {
    if (layout.shape === "value") return null;
    const plan = planBlock(layout.fields, { inputBytes: INPUT_BYTES, textBytes: TEXT_BYTES });
    const scratch = lineScratch();
    if (plan === null || !scratch.memory.reserve(plan.bytes)) return null;
    return new LineColumns(layout, plan, scratch, { lineBytesMax, isClosed });
  }

  private constructor(
    layout: RecordLayout,
    plan: BlockPlan,
    scratch: LineScratch,
    { lineBytesMax, isClosed }: { lineBytesMax: number; isClosed: boolean },
  ) {
    this.#plan = plan;
    this.#scratch = scratch;
    this.#lineBytesMax = lineBytesMax;
    this.#isClosed = isClosed;
    this.#writer = new RecordWriter(layout);
    this.#columns = layout.fields.map((field, index) => {
      const places = plan.columns[index];
      assert(places !== undefined, "a plan has a place for each field");
      return new StagedColumn(field, places);
    });
  }

  get length(): number {
    return this.#length;
  }

  lend(): void {
    this.#isLent = true;
  }

  append(record: unknown, offset: number): Misfit | null {
    const misfit = this.#writer.append(record);
    if (misfit === null) {
      this.#ownRows.push(this.#length++);
      this.#ownOffsets.push(offset);
    }
    return misfit;
  }

  take(): DecodedRows {
    const length = this.#length;
    const rows = this.#ownRows;
    if (rows.length === length) {
      const offsets = Float64Array.from(this.#ownOffsets);
      this.#begin();
      return { columns: this.#writer.take(), offsets };
    }
    this.#occupy();
    const views = this.#scratch.memory.views();
    const own = { rows, columns: rows.length === 0 ? [] : this.#writer.take() };
    for (const [i, row] of rows.entries())
      views.float64[(this.#plan.offsets >> 3) + row] = this.#ownOffsets[i] as number;
    for (const [index, column] of this.#columns.entries()) column.absorb(views, own, index);
    const isLacking = this.#columns.some((column) => column.isLacking);
    const isLent = this.#isLent;
    const { buffer } = views.bytes;
    const arrays = isLent
      ? arrayViews(buffer, length)
      : arrayCopies(buffer, this.#plan.arrays, { rows: length, isLacking });
    const offsets = arrays.float64(this.#plan.offsets);
    const columns = this.#columns.map((column, index) => column.take(arrays, views, { own, index, length, isLent }));
    this.#begin();
    return { columns, offsets };
  }

  decode(cutter: RecordCutter, limits: { rows: number; bytes: number }): number {
    if (this.#pause > 0) {
      this.#pause--;
      return 0;
    }
    const before = { length: this.#length, at: cutter.nextOffset };
    const isRefused = this.#decodeInputs(cutter, limits);
    this.#misses = isRefused && this.#length === before.length ? this.#misses + 1 : 0;
    if (this.#misses === MISSES_MAX) {
      this.#misses = 0;
      this.#pause = PAUSE;
    }
    return cutter.nextOffset - before.at;
  }

  leave(): void {
    const views = this.#scratch.memory.views();
    const { from, to } = this.#plan.arrays;
    if (this.#length > this.#ownRows.length) this.#parked = views.bytes.slice(from, to);
    for (const column of this.#columns) column.moveOut(views);
    this.#scratch.owner = null;
  }

  /** A new batch begins. */
  #begin(): void {
    this.#length = 0;
    this.#ownRows = [];
    this.#ownOffsets = [];
  }

  /** True: it stopped before a line that has to be decoded by itself. */
  #decodeInputs(cutter: RecordCutter, limits: { rows: number; bytes: number }): boolean {
    const bytesEnd = cutter.nextOffset + limits.bytes;
    for (;;) {
      if (cutter.rest() === null) return false;
      if (!this.#isInScratch(cutter.nextOffset)) this.#enter(cutter);
      const outcome = this.#decodeInput(cutter, { rows: limits.rows, bytesEnd });
      if (outcome !== OUTCOME.usedUp) return outcome === OUTCOME.refused;
      const left = cutter.rest();
      const { offset, length } = this.#input;
      // The rest of the piece is not a whole line.
      if (left === null || offset + length === cutter.nextOffset + left.length) return false;
      // Not even the longest input is.
      if (offset === cutter.nextOffset) return true;
      this.#enter(cutter);
    }
  }

  /** Decodes what is in the scratch; gives the OUTCOME. */
  #decodeInput(cutter: RecordCutter, limits: { rows: number; bytesEnd: number }): number {
    const { address, input } = this.#plan;
    const { memory, kernels } = this.#scratch;
    const { int32 } = memory.views();
    const start = cutter.nextOffset;
    const from = input + start - this.#input.offset;
    int32[(address + BLOCK.rowsMax) >> 2] = limits.rows;
    int32[(address + BLOCK.row) >> 2] = this.#length;
    const stopAt = from + limits.bytesEnd - start;
    const at = kernels.decodeJsonLines(address, from, input + this.#input.length, stopAt, start);
    this.#length = int32[(address + BLOCK.row) >> 2] as number;
    cutter.skip(at - from);
    return int32[(address + BLOCK.outcome) >> 2] as number;
  }

  #isInScratch(offset: number): boolean {
    const { offset: from, length } = this.#input;
    return this.#scratch.owner === this && offset >= from && offset < from + length;
  }

  /** Makes the scratch this decoder's, with the rows of its batch. */
  #occupy(): void {
    const scratch = this.#scratch;
    if (scratch.owner === this) return;
    scratch.owner?.leave();
    const views = scratch.memory.views();
    const { address, image, arrays } = this.#plan;
    views.bytes.set(image.subarray(address), address);
    views.int32[(address + BLOCK.lineBytesMax) >> 2] = Math.min(this.#lineBytesMax, INPUT_BYTES);
    views.int32[(address + BLOCK.isClosed) >> 2] = this.#isClosed ? 1 : 0;
    if (this.#parked !== null) views.bytes.set(this.#parked, arrays.from);
    this.#parked = null;
    for (const column of this.#columns) column.moveIn(views);
    this.#input = { offset: 0, length: 0 };
    scratch.owner = this;
  }

  /** Puts what is left of the piece into the scratch. */
  #enter(cutter: RecordCutter): void {
    this.#occupy();
    const views = this.#scratch.memory.views();
    const { input, textBytes } = this.#plan;
    for (const column of this.#columns) column.makeRoom(views, textBytes - INPUT_BYTES);
    const part = (cutter.rest() ?? new Uint8Array(0)).subarray(0, INPUT_BYTES);
    views.bytes.set(part, input);
    views.bytes.fill(0x0a, input + part.length, input + part.length + PADDING_BYTES);
    this.#input = { offset: cutter.nextOffset, length: part.length };
  }
}
