import { BATCH_ROWS_MAX, ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import type { Column } from "../record/column.ts";
import type { KeyColumn } from "../record/key-column.ts";
import { type Field, layoutOf, type RecordLayout } from "../record/layout.ts";
import { selectedKeys } from "../record/selected-keys.ts";
import { NO_WATERMARK } from "../time/watermark.ts";
import type { CompiledAggregates, SlotChanges, ValueColumns } from "./compiled-aggregates.ts";
import { type ChangeMemory, lentMemory, ownedMemory } from "./change-memory.ts";
import type { OperatorContext, Output } from "./operator.ts";
import { ResultKeys } from "./result-keys.ts";

/** What one batch of input changes: see {@link TableChanges}. */
export interface TableInput {
  readonly batch: RecordBatch;
  readonly keys: KeyColumn;
  /** Records to add, in order of their rows. */
  readonly records: Omit<SlotChanges, "from">;
  readonly words: Float64Array;
  readonly values: ValueColumns;
}

/**
 * Adds records to the slots of a table whose aggregates are words, and gives the changelog of it: { key, …results } before and after each
 * record, side by side, written by one generated loop into columns.
 */
export class TableChanges {
  readonly #output: Output;
  readonly #aggregates: CompiledAggregates;
  readonly #memory: ChangeMemory;
  readonly #keys = new ResultKeys();
  #made: RecordBatch[] = [];
  #layout: RecordLayout | null = null;
  #watermark = NO_WATERMARK;

  constructor({ output, debug }: Pick<OperatorContext, "output" | "debug">, aggregates: CompiledAggregates) {
    const { length } = aggregates.members;
    this.#output = output;
    this.#aggregates = aggregates;
    this.#memory = output.borrows === true ? lentMemory(length, debug) : ownedMemory(length);
  }

  /** Changes the slots; `flush` then hands on what came of it. */
  apply(input: TableInput): void {
    const { isFirst, count } = input.records;
    for (let from = 0; from < count;) {
      let changes = 0;
      let end = from;
      for (; end < count; end++) {
        const more = isFirst[end] === 0 ? 2 : 1;
        if (changes + more > BATCH_ROWS_MAX) break;
        changes += more;
      }
      this.#made.push(this.#batchOf(input, { from, end, changes }));
      from = end;
    }
  }

  flush(): void {
    const made = this.#made;
    this.#made = [];
    for (const batch of made) this.#output.batch(batch);
    this.#memory.release();
  }

  /** No later batch has a lower watermark. */
  watermark(watermark: number): void {
    this.#watermark = Math.max(this.#watermark, watermark);
  }

  #batchOf(
    { batch, keys, records, words, values }: TableInput,
    { from, end, changes }: { readonly from: number; readonly end: number; readonly changes: number },
  ): RecordBatch {
    const memory = this.#memory.take(this.#made.length, changes);
    const { numbers, timestamps, watermarks, rowKinds } = memory;
    const rows = memory.rows.subarray(0, changes);
    this.#aggregates.change(words, { ...records, from, count: end }, values, numbers, 0);
    noteRows(records, from, end, { rows, rowKinds });
    this.#noteTimes(batch, rows, { timestamps, watermarks });
    const columns: Column[] = [
      this.#keys.column({ keys, length: batch.length, rows }, (part) => memory.part(part)),
      ...numbers.map((cells): Column => ({ kind: "float64", presence: null, values: cells })),
    ];
    return {
      layout: this.#layoutOf(columns),
      length: changes,
      columns,
      timestamps,
      watermarks,
      rowKinds,
      keys: selectedKeys(keys, rows),
      origin: null,
    };
  }

  #noteTimes(
    batch: RecordBatch,
    rows: Int32Array,
    to: { readonly timestamps: Float64Array; readonly watermarks: Float64Array },
  ): void {
    const { timestamps, watermarks } = batch;
    let held = this.#watermark;
    for (let change = 0; change < rows.length; change++) {
      const row = rows[change] as number;
      const watermark = watermarks[row] as number;
      if (watermark > held) held = watermark;
      to.timestamps[change] = timestamps[row] as number;
      to.watermarks[change] = held;
    }
    this.#watermark = held;
  }

  #layoutOf(columns: readonly Column[]): RecordLayout {
    const { kind } = columns[0] as Column;
    if (this.#layout?.fields[0]?.kind !== kind) {
      const field = (name: string, of: Field["kind"]): Field => ({ name, kind: of, nullable: false, optional: false });
      this.#layout = layoutOf([field("key", kind), ...this.#aggregates.names.map((name) => field(name, "float64"))]);
    }
    return this.#layout as RecordLayout;
  }
}

/** Notes the row of the input, and the kind, of each change. */
function noteRows(
  { rows, isFirst }: Omit<SlotChanges, "from">,
  from: number,
  end: number,
  to: { readonly rows: Int32Array; readonly rowKinds: Uint8Array },
): void {
  let change = 0;
  for (let i = from; i < end; i++) {
    const row = rows[i] as number;
    to.rows[change] = row;
    if (isFirst[i] === 0) {
      to.rowKinds[change++] = ROW_KINDS.updateBefore;
      to.rows[change] = row;
      to.rowKinds[change++] = ROW_KINDS.updateAfter;
    } else to.rowKinds[change++] = ROW_KINDS.insert;
  }
}
