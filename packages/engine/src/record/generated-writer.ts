import { assert } from "../foundation/assert.ts";
import type { Column } from "./column.ts";
import type { RecordLayout } from "./layout.ts";
import { type Misfit, type RecordSink, RecordWriter } from "./record-writer.ts";

/** The cells of a batch under way, in generated code that knows the fields. */
export interface GeneratedCells {
  /** True: taken. False: something does not fit, or it takes a closer look to tell. */
  write(row: number, record: unknown): boolean;
  /** Makes room for rows below `rows`. */
  reserve(rows: number): void;
  /** Hands the columns over and starts anew, without room. */
  take(): readonly Column[];
}

export interface GeneratedWriterOptions {
  readonly cells: GeneratedCells;
  /** As of a RecordWriter, which looks closer at what the cells did not take. */
  readonly match: "declared" | "exact";
  /** A plain object with what counts of a record that has no prototype or another one, and fits all the same. */
  readonly plain: (record: object) => object;
}

const FIRST_ROWS = 32;

/** Takes records into generated cells. */
export class GeneratedWriter implements RecordSink {
  readonly layout: RecordLayout;
  readonly #cells: GeneratedCells;
  readonly #plain: (record: object) => object;
  /** Looks closer; keeps nothing. */
  readonly #judge: RecordWriter;
  #length = 0;
  #rows = 0;
  #hint = FIRST_ROWS;

  constructor(layout: RecordLayout, { cells, match, plain }: GeneratedWriterOptions) {
    this.layout = layout;
    this.#cells = cells;
    this.#plain = plain;
    this.#judge = new RecordWriter(layout, match);
  }

  get length(): number {
    return this.#length;
  }

  append(record: unknown): Misfit | null {
    const row = this.#length;
    if (row === this.#rows) {
      this.#rows = row === 0 ? this.#hint : row * 2;
      this.#cells.reserve(this.#rows);
    }
    if (!this.#cells.write(row, record)) {
      const misfit = this.#judge.append(record);
      this.#judge.truncate(0);
      if (misfit !== null) return misfit;
      const isTaken = this.#cells.write(row, this.#plain(record as object));
      assert(isTaken, "generated and plain writers disagree about a record");
    }
    this.#length = row + 1;
    return null;
  }

  truncate(length: number): void {
    this.#length = length;
  }

  take(): readonly Column[] {
    this.#hint = Math.max(FIRST_ROWS, this.#length);
    this.#length = 0;
    this.#rows = 0;
    return this.#cells.take();
  }
}
