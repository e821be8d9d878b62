import { BatchBuilder } from "../record/batch-builder.ts";
import type { RecordLayout } from "../record/layout.ts";
import { withKeys } from "../record/row-copy.ts";
import type { KeyTable } from "../state/state-backend.ts";
import { NO_WATERMARK } from "../time/watermark.ts";
import type { RowOrigin } from "./one-row-batch.ts";
import type { Output } from "./operator.ts";

/** Time and row kind of a row that is written. */
export interface RowTimes {
  readonly timestamp: number;
  /** The watermark that holds before the row; raised to what was written before. */
  readonly watermark: number;
  readonly rowKind?: number;
  /** Row of the operator's state, for output that stays keyed. */
  readonly tag?: number;
}

export interface ResultWriterOptions {
  /** Null or left out: learned from what is written. */
  readonly layout?: RecordLayout | null;
  /** The output stays keyed; each row needs its tag. */
  readonly keys?: KeyTable;
}

/**
 * Writes an operator's rows into batches for its output, with watermarks that never go back. `begin`, `commit` and `rollback`
 * bracket the rows of one record: nothing of them reaches the output before `commit`, so that a failure further down the
 * chain is never taken for one of this operator's user code.
 */
export class ResultWriter {
  #builder: BatchBuilder;
  readonly #output: Output;
  readonly #options: ResultWriterOptions;
  #origin: RowOrigin | null = null;
  /** Of the row that is written; one object for all of them. */
  readonly #facts: { timestamp: number; watermark: number; rowKind: number | undefined; tag: number; offset: number } =
    { timestamp: NO_WATERMARK, watermark: NO_WATERMARK, rowKind: undefined, tag: -1, offset: -1 };
  #watermark = NO_WATERMARK;
  #watermarkAtBegin = NO_WATERMARK;

  constructor(output: Output, options: ResultWriterOptions = {}) {
    this.#output = output;
    this.#options = options;
    this.#builder = this.#newBuilder();
  }

  /** Rows from now on come from this place in a source; not between `begin` and `commit`. */
  from(origin: RowOrigin | null): void {
    const before = this.#origin;
    this.#origin = origin;
    if (origin?.port === before?.port && origin?.split === before?.split) return;
    this.#builder.flush();
    this.#builder = this.#newBuilder();
  }

  /** Appends a row; TM_RECORD if it does not fit a fixed layout. */
  write(record: unknown, times: RowTimes): void {
    const watermark = Math.max(this.#watermark, times.watermark);
    const facts = this.#facts;
    facts.timestamp = times.timestamp;
    facts.watermark = watermark;
    facts.rowKind = times.rowKind;
    facts.tag = times.tag ?? -1;
    facts.offset = this.#origin === null ? -1 : this.#origin.offset;
    this.#builder.append(record, facts);
    this.#watermark = watermark;
  }

  begin(): void {
    this.#watermarkAtBegin = this.#watermark;
    this.#builder.mark();
  }

  commit(): void {
    this.#builder.commit();
  }

  rollback(): void {
    this.#builder.rollback();
    this.#watermark = this.#watermarkAtBegin;
  }

  /** Hands on what is left. */
  flush(): void {
    this.#builder.flush();
  }

  /** Hands on what is left, then the watermark. */
  watermark(watermark: number): void {
    this.#builder.flush();
    this.#watermark = Math.max(this.#watermark, watermark);
    this.#output.watermark(watermark);
  }

  #newBuilder(): BatchBuilder {
    const { layout = null, keys } = this.#options;
    const origin = this.#origin;
    return new BatchBuilder({
      layout,
      emit: (batch, tags) => {
        this.#output.batch(keys === undefined ? batch : withKeys(batch, keys.keyColumn(tags, batch.length)));
      },
      ...(origin === null ? {} : { origin: { port: origin.port, split: origin.split } }),
    });
  }
}
