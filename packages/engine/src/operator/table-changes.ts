import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import type { Column } from "../record/column.ts";
import type { KeyColumn } from "../record/key-column.ts";
import { type Field, layoutOf, type RecordLayout } from "../record/layout.ts";
import { selectedKeys } from "../record/selected-keys.ts";
import { NO_WATERMARK } from "../time/watermark.ts";
import { type ChangeLoop, changeLoop, type SlotChanges } from "./change-loop.ts";
import type { CompiledAggregates, ValueColumns } from "./compiled-aggregates.ts";
import { type ChangeMemory, lentMemory, ownedMemory } from "./change-memory.ts";
import type { OperatorContext, Output } from "./operator.ts";
import { numberKeys, ResultKeys } from "./result-keys.ts";

/** What one batch of input changes: see {@link TableChanges}. */
export interface TableInput {
  readonly batch: RecordBatch;
  readonly keys: KeyColumn;
  /** Records to add, in order of their rows. */
  readonly records: Omit<SlotChanges, "from" | "end"> & { readonly count: number };
  readonly words: Float64Array;
  readonly values: ValueColumns;
}

/** Records that go into one batch, and how many changes they are. */
interface Cut {
  readonly from: number;
  readonly end: number;
  readonly changes: number;
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
  /** By number of columns of the keys. */
  readonly #loops: ChangeLoop[] = [];
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

  #batchOf({ batch, keys, records, words, values }: TableInput, cut: Cut): RecordBatch {
    const { from, end, changes } = cut;
    const memory = this.#memory.take(this.#made.length, changes);
    const { timestamps, watermarks } = batch;
    const numbers = this.#keys.numbersOf(keys, batch.length);
    const parts = numbers?.parts ?? [];
    const change = (this.#loops[parts.length] ??= changeLoop(this.#aggregates.members, {
      parts: parts.length,
      stride: this.#memory.stride,
    }));
    const input = { values, timestamps, watermarks, parts, held: this.#watermark };
    this.#watermark = change(words, { ...records, from, end }, input, memory);
    const rows = memory.rows.subarray(0, changes);
    const columns: Column[] = [
      numbers === null
        ? this.#keys.columnOf(keys, rows)
        : numberKeys(numbers, { rows: changes, part: (part) => memory.part(part) }),
      ...memory.numbers.map((cells): Column => ({ kind: "float64", presence: null, values: cells })),
    ];
    return {
      layout: this.#layoutOf(columns),
      length: changes,
      columns,
      timestamps: memory.timestamps,
      watermarks: memory.watermarks,
      rowKinds: memory.rowKinds,
      keys: selectedKeys(keys, rows),
      origin: null,
    };
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
