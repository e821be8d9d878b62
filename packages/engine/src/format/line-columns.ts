import { assert } from "../foundation/assert.ts";
import type { Column } from "../record/column.ts";
import type { RecordLayout } from "../record/layout.ts";
import { BLOCK, OUTCOME, PADDING_BYTES, planBlock, type BlockPlan } from "../record/kernels/json-lines-block.ts";
import { RecordWriter, type Misfit } from "../record/record-writer.ts";
import { lineScratch, type LineScratch } from "./line-scratch.ts";
import type { RecordCutter } from "./record-cutter.ts";
import type { BulkRows } from "./record-decoder.ts";
import { StagedColumn } from "./staged-column.ts";

/** Input decoded at a time: it stays in the processor's cache, with the columns. Longer lines are decoded by themselves. */
const INPUT_BYTES = 128 * 1_024;

/** Calls without a row after which the next PAUSE are left out: input that is refused line by line would be copied for nothing. */
const MISSES_MAX = 8;
const PAUSE = 256;

/** Columns of JSON Lines: the lines that are as expected are decoded by the kernel, the others come as records. */
export class LineColumns implements BulkRows {
  readonly #plan: BlockPlan;
  readonly #writer: RecordWriter;
  readonly #columns: readonly StagedColumn[];
  readonly #scratch: LineScratch;
  readonly #lineBytesMax: number;
  #length = 0;
  /** Rows that came as records, in the writer. */
  #ownRows: number[] = [];
  /** The rows that are still in the scratch, perhaps with own ones between: [from, to). */
  #scratchRows = { from: 0, to: 0 };
  /** The part of the stream that is in the scratch as its input. */
  #input = { offset: 0, length: 0 };
  #misses = 0;
  #pause = 0;

  /** Null where lines of this layout are better decoded one by one: it has columns that hold any value. */
  static open(layout: RecordLayout, lineBytesMax: number): LineColumns | null {
    if (layout.shape === "value") return null;
    const plan = planBlock(layout.fields, INPUT_BYTES);
    const scratch = lineScratch();
    if (plan === null || !scratch.memory.reserve(plan.bytes)) return null;
    return new LineColumns(layout, plan, scratch, lineBytesMax);
  }

  private constructor(layout: RecordLayout, plan: BlockPlan, scratch: LineScratch, lineBytesMax: number) {
    this.#plan = plan;
    this.#scratch = scratch;
    this.#lineBytesMax = lineBytesMax;
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

  append(record: unknown): Misfit | null {
    const misfit = this.#writer.append(record);
    if (misfit === null) this.#ownRows.push(this.#length++);
    return misfit;
  }

  take(): readonly Column[] {
    const length = this.#length;
    const own = { rows: this.#ownRows, columns: this.#writer.length === 0 ? [] : this.#writer.take() };
    this.#length = 0;
    this.#ownRows = [];
    if (own.rows.length === length) return own.columns.length > 0 ? own.columns : this.#writer.take();
    return this.#columns.map((column, index) => column.take(length, own, index));
  }

  decode(cutter: RecordCutter, limits: { rows: number; bytes: number }, offsets: Float64Array): number {
    if (this.#pause > 0) {
      this.#pause--;
      return 0;
    }
    const before = { length: this.#length, at: cutter.nextOffset };
    const isRefused = this.#decodeInputs(cutter, limits, offsets);
    this.#misses = isRefused && this.#length === before.length ? this.#misses + 1 : 0;
    if (this.#misses === MISSES_MAX) {
      this.#misses = 0;
      this.#pause = PAUSE;
    }
    return cutter.nextOffset - before.at;
  }

  settle(): void {
    const { from, to } = this.#scratchRows;
    if (to > from) {
      const views = this.#scratch.memory.views();
      for (const column of this.#columns) column.copyOut(views, from, to);
    }
    this.#scratchRows = { from: 0, to: 0 };
  }

  /** True: it stopped before a line that has to be decoded by itself. */
  #decodeInputs(cutter: RecordCutter, limits: { rows: number; bytes: number }, offsets: Float64Array): boolean {
    const bytesEnd = cutter.nextOffset + limits.bytes;
    for (;;) {
      if (cutter.rest() === null) return false;
      if (!this.#isInScratch(cutter.nextOffset)) this.#enter(cutter);
      const outcome = this.#decodeInput(cutter, { rows: limits.rows, bytesEnd }, offsets);
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
  #decodeInput(cutter: RecordCutter, limits: { rows: number; bytesEnd: number }, offsets: Float64Array): number {
    const { address, input, offsets: offsetsAt } = this.#plan;
    const { memory, kernels } = this.#scratch;
    const { int32, float64 } = memory.views();
    const start = cutter.nextOffset;
    const from = input + start - this.#input.offset;
    const row = this.#length;
    int32[(address + BLOCK.rowsMax) >> 2] = limits.rows;
    int32[(address + BLOCK.row) >> 2] = row;
    if (this.#scratchRows.to === 0) this.#beginTexts();
    const stopAt = from + limits.bytesEnd - start;
    const at = kernels.decodeJsonLines(address, from, input + this.#input.length, stopAt, start);
    this.#length = int32[(address + BLOCK.row) >> 2] as number;
    offsets.set(float64.subarray((offsetsAt >> 3) + row, (offsetsAt >> 3) + this.#length), row);
    if (this.#length > row) {
      const isFirst = this.#scratchRows.to === 0;
      this.#scratchRows = { from: isFirst ? row : this.#scratchRows.from, to: this.#length };
    }
    cutter.skip(at - from);
    return int32[(address + BLOCK.outcome) >> 2] as number;
  }

  #isInScratch(offset: number): boolean {
    const { offset: from, length } = this.#input;
    return this.#scratch.owner === this && offset >= from && offset < from + length;
  }

  /** Nothing that is in the scratch is needed: texts begin at its beginning, and their offsets where the batch's texts end. */
  #beginTexts(): void {
    const views = this.#scratch.memory.views();
    for (const column of this.#columns) column.beginText(views);
  }

  /** Puts the block, if another decoder's is there, and what is left of the piece into the scratch. */
  #enter(cutter: RecordCutter): void {
    this.settle();
    const scratch = this.#scratch;
    const { bytes, int32 } = scratch.memory.views();
    const { address, image, input } = this.#plan;
    if (scratch.owner !== this) {
      bytes.set(image.subarray(address), address);
      int32[(address + BLOCK.lineBytesMax) >> 2] = Math.min(this.#lineBytesMax, INPUT_BYTES);
      scratch.owner = this;
    }
    const part = (cutter.rest() ?? new Uint8Array(0)).subarray(0, INPUT_BYTES);
    bytes.set(part, input);
    bytes.fill(0x0a, input + part.length, input + part.length + PADDING_BYTES);
    this.#input = { offset: cutter.nextOffset, length: part.length };
  }
}
