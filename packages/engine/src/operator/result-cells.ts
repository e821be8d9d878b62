import { BATCH_ROWS_MAX } from "../record/batch.ts";
import type { Column } from "../record/column.ts";
import { detach } from "../record/plain-value.ts";

const NO_BYTES = new Uint8Array(0);

/** Values `from` to `from + count` that become the rows from `row` on. */
export interface CellRange {
  readonly from: number;
  readonly count: number;
  readonly row: number;
}

type CellKind = "float64" | "boolean" | "utf8" | "json";

/**
 * The cells of one result, in the kind that its first value has. Values of another kind do not fit: the batch ends before the first of them,
 * and from `widen` on the kind is json, which holds anything.
 */
export class ResultCells {
  #kind: CellKind | null = null;
  #numbers = new Float64Array(0);
  #values: unknown[] = [];

  /** How many of the values `from` to `from + count` fit, up to the first that does not. */
  fit(values: Float64Array | readonly unknown[], from: number, count: number): number {
    if (values instanceof Float64Array && (this.#kind === null || this.#kind === "float64")) return count;
    if (this.#kind === "json" || count === 0) return count;
    this.#kind ??= kindOf(values[from]);
    if (this.#kind === "json") return count;
    for (let i = 0; i < count; i++) if (kindOf(values[from + i]) !== this.#kind) return i;
    return count;
  }

  /** Appends values that fit, as the rows from `row` on. */
  append(values: Float64Array | readonly unknown[], { from, count, row }: CellRange): void {
    if (count === 0) return;
    this.#kind ??= kindOf(values[from]);
    if (this.#kind === "float64") {
      this.#reserve(row + count);
      const numbers = this.#numbers;
      if (values instanceof Float64Array) for (let i = 0; i < count; i++) numbers[row + i] = values[from + i] as number;
      else for (let i = 0; i < count; i++) numbers[row + i] = values[from + i] as number;
    } else if (this.#kind === "json") {
      for (let i = 0; i < count; i++) this.#values[row + i] = detach(values[from + i]);
    } else {
      for (let i = 0; i < count; i++) this.#values[row + i] = values[from + i];
    }
  }

  /** Takes any values from now on; between batches. */
  widen(): void {
    this.#kind = "json";
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
