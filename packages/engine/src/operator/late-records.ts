import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import { selectRows } from "../record/row-copy.ts";
import type { OperatorContext, Output } from "./operator.ts";

/** Rows that came too late for every window of theirs: they go to the step's "late" output unchanged, or are counted. */
export class LateRecords {
  readonly #output: Output | null;
  readonly #count: OperatorContext["count"];
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  #length = 0;

  constructor(context: OperatorContext) {
    this.#output = context.sideOutput("late");
    this.#count = (name, amount) => {
      context.count(name, amount);
    };
  }

  /** True where nobody keeps the late rows, which share bytes with their batch. */
  get borrows(): boolean {
    return this.#output === null || this.#output.borrows === true;
  }

  add(row: number): void {
    this.#rows[this.#length++] = row;
  }

  /** At the end of each batch. */
  flush(batch: RecordBatch): void {
    if (this.#length === 0) return;
    const length = this.#length;
    this.#length = 0;
    if (this.#output === null) this.#count("late-dropped", length);
    else {
      this.#count("late", length);
      this.#output.batch(selectRows(batch, this.#rows, length));
    }
  }

  watermark(watermark: number): void {
    this.#output?.watermark(watermark);
  }

  idle(idle: boolean): void {
    this.#output?.idle(idle);
  }
}
