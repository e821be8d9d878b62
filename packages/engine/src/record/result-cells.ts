import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import { cellOf } from "./cell.ts";
import type { Column } from "./column.ts";
import { type RecordLayout, VALUE_LAYOUT } from "./layout.ts";
import { learnLayout, widenLayout } from "./learned-layout.ts";
import type { GeneratedCells } from "./generated-writer.ts";
import { learnedCells } from "./learned-writer.ts";
import { setOwn } from "./plain-value.ts";
import { RecordWriter } from "./record-writer.ts";

/** Takes nothing: no result was seen yet. */
const NOTHING: GeneratedCells = { write: () => false, reserve: () => undefined, take: () => [] };

/** Room for more than this is made anew: one row of many results must not make all batches after it large. */
const ROOM_KEPT_MAX = 4_096;

/** The results of user functions on their way into columns, of a layout that is learned from them. For generated loops. */
export class ResultCells {
  /** Where the next result is written; `widen` gives another. */
  cells: GeneratedCells = NOTHING;
  /** The input's row that each result is of. */
  tags: Int32Array = new Int32Array(0);
  /** Results written, as the loop left them. */
  count = 0;
  #layout: RecordLayout | null = null;

  /** Begins results of `rows` rows; there is room for as many, more where more came of the rows before. */
  begin(rows: number): void {
    const room = Math.max(rows, Math.min(this.count, ROOM_KEPT_MAX));
    this.count = 0;
    if (this.tags.length < room || this.tags.length > room * 8) this.tags = new Int32Array(room);
    this.cells.reserve(this.tags.length);
  }

  /** Makes more room, and returns for how many results there is some then. */
  grow(): number {
    const tags = new Int32Array(this.tags.length * 2);
    tags.set(this.tags);
    this.tags = tags;
    this.cells.reserve(tags.length);
    return tags.length;
  }

  /**
   * Writes result number `row`, which the cells did not take, and returns those to go on with. What was written before goes with it. TM_RECORD
   * for what is no record.
   */
  widen(row: number, result: unknown): GeneratedCells {
    if (this.#layout === null) this.#setLayout(learnLayout(result), 0);
    while (!this.cells.write(row, result)) {
      const layout = this.#layout ?? VALUE_LAYOUT;
      const misfit = new RecordWriter(layout, "exact").append(result);
      if (misfit === null) {
        // It has no prototype or another realm's, and is as good as a plain object.
        const isTaken = this.cells.write(row, { ...(result as object) });
        assert(isTaken, "generated and plain writers disagree about a record");
        break;
      }
      const wider = widenLayout(layout, misfit);
      // What even the widest layout refuses is no record at all.
      if (wider === layout) throw new TidemarkError("TM_RECORD", misfit.message);
      this.#setLayout(wider, row);
    }
    return this.cells;
  }

  /** Hands over what was written. */
  take(): { readonly layout: RecordLayout; readonly columns: readonly Column[] } {
    return { layout: this.#layout ?? VALUE_LAYOUT, columns: this.cells.take() };
  }

  #setLayout(layout: RecordLayout, rows: number): void {
    const cells = learnedCells(layout);
    cells.reserve(this.tags.length);
    if (rows > 0) {
      const { layout: before, columns } = this.take();
      for (let row = 0; row < rows; row++) cells.write(row, recordAt(before, columns, row));
    }
    this.#layout = layout;
    this.cells = cells;
  }
}

/** A result as it was written; what was learned has no absent fields. */
function recordAt(layout: RecordLayout, columns: readonly Column[], row: number): unknown {
  if (layout.shape === "value") return cellOf(columns[0] as Column, row);
  const record: Record<string, unknown> = {};
  for (const [f, { name }] of layout.fields.entries()) setOwn(record, name, cellOf(columns[f] as Column, row));
  return record;
}
