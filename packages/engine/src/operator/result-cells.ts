import { BATCH_ROWS_MAX } from "../record/batch.ts";
import type { Column } from "../record/column.ts";
import { detach } from "../record/plain-value.ts";
import type { KeyTable } from "../state/state-backend.ts";

const NO_BYTES = new Uint8Array(0);

type CellKind = "float64" | "boolean" | "utf8" | "json";

/**
 * The cells of one result, in the kind that its first value has. A value of another kind ends the column: `append…` return how many fitted,
 * and after `take` and `widen` the kind is json, which holds anything.
 */
export class ResultCells {
  #kind: CellKind | null = null;
  #isTooNarrow = false;
  #numbers = new Float64Array(0);
  #values: unknown[] = [];

  /** Numbers `from` to `from + count`, as the rows from `row` on. Only for cells that never hold anything else. */
  appendNumbers(numbers: Float64Array, from: number, count: number, row: number): void {
    this.#kind = "float64";
    this.#reserve(row + count);
    const mine = this.#numbers;
    for (let i = 0; i < count; i++) mine[row + i] = numbers[from + i] as number;
  }

  appendValues(values: readonly unknown[], from: number, count: number, row: number): number {
    for (let i = 0; i < count; i++) {
      if (!this.#append(values[from + i], row + i)) return i;
    }
    return count;
  }

  /** The keys of state rows. */
  appendKeys(keys: KeyTable, stateRows: Int32Array, from: number, count: number, row: number): number {
    if (this.#kind === null || this.#kind === "float64") {
      const { integers } = keys.keyColumn(stateRows.subarray(from, from + count), count);
      if (integers !== null) {
        this.appendNumbers(integers, 0, count, row);
        return count;
      }
    }
    let before = -1;
    let key: unknown;
    for (let i = 0; i < count; i++) {
      const stateRow = stateRows[from + i] as number;
      if (stateRow !== before) key = keys.key(stateRow);
      before = stateRow;
      if (!this.#append(key, row + i)) return i;
    }
    return count;
  }

  /** The first `length` cells; begins anew. */
  take(length: number): Column {
    const numbers = this.#numbers;
    const values = this.#values;
    if (values.length > length) values.length = length;
    this.#numbers = new Float64Array(0);
    this.#values = [];
    switch (this.#kind) {
      case "float64":
        return { kind: "float64", presence: null, values: numbers };
      case "boolean":
        return { kind: "boolean", presence: null, values: Uint8Array.from(values, Number) };
      case "utf8":
        return {
          kind: "utf8",
          presence: null,
          bytes: NO_BYTES,
          offsets: new Int32Array(length),
          lengths: new Int32Array(length).fill(-1),
          strings: values as (string | undefined)[],
        };
      case "json":
      case null:
        return { kind: "json", presence: null, values };
    }
  }

  /** Between batches: takes other kinds of values from now on if one did not fit. */
  widen(): void {
    if (this.#isTooNarrow) this.#kind = "json";
    this.#isTooNarrow = false;
  }

  #append(value: unknown, row: number): boolean {
    const kind = kindOf(value);
    this.#kind ??= kind;
    if (this.#kind !== kind && this.#kind !== "json") {
      this.#isTooNarrow = true;
      return false;
    }
    if (this.#kind === "float64") {
      this.#reserve(row + 1);
      this.#numbers[row] = value as number;
    } else this.#values[row] = kind === "json" ? detach(value) : value;
    return true;
  }

  #reserve(rows: number): void {
    if (rows <= this.#numbers.length) return;
    const grown = new Float64Array(Math.min(BATCH_ROWS_MAX, Math.max(rows, this.#numbers.length * 2, 32)));
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}

function kindOf(value: unknown): CellKind {
  switch (typeof value) {
    case "number":
      return "float64";
    case "boolean":
      return "boolean";
    case "string":
      return "utf8";
    default:
      return "json";
  }
}
