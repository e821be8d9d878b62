import type { RecordBatch } from "./batch.ts";
import { canGenerateCode, generate } from "./code-generation.ts";
import { rowSource } from "./driver-loop.ts";
import { functionShape } from "./function-shape.ts";
import type { RecordLayout } from "./layout.ts";
import { openRows, type Rows } from "./record-view.ts";

/** What a function gave or threw instead of a time. */
export interface NoTime {
  readonly row: number;
  readonly threw: boolean;
  readonly value: unknown;
}

/** The times of a batch's rows. */
export interface BatchTimes {
  /** One a row; not to be changed. Anything stands for rows without one. */
  readonly times: Float64Array;
  /** The rows that have a time, in order; null: all. */
  readonly rows: Int32Array | null;
}

/** A user's function from a record to its time, over batches of any layout. */
export interface TimeFunction {
  /** A time is a finite number. `fail` hears of rows without one, in their order. */
  run(batch: RecordBatch, fail: (outcome: NoTime) => void): BatchTimes;
}

export interface TimeFunctionOptions {
  /** Retained record views throw after the row. */
  readonly debug: boolean;
  /** False: interpreted, as where the process forbids code from strings. For tests. */
  readonly codeGeneration?: boolean;
}

type TimeLoop = (
  length: number,
  rows: Rows,
  times: Float64Array,
  selected: Int32Array,
  fail: (row: number, threw: boolean, value: unknown) => void,
) => number;

interface CompiledTimes {
  readonly rows: Rows;
  readonly loop: TimeLoop;
  /** Number of the column that has the times, -1 if none is known to. */
  readonly column: number;
}

/** Makes a function of single records one of batches. */
export function compileTimeFunction(fn: (record: never) => unknown, options: TimeFunctionOptions): TimeFunction {
  const codeGeneration = options.codeGeneration ?? canGenerateCode();
  const shape = codeGeneration ? functionShape(fn) : null;
  const field = shape?.kind === "field" ? shape.field : null;
  const compiled = new Map<RecordLayout, CompiledTimes>();
  const compile = (layout: RecordLayout): CompiledTimes => {
    let found = compiled.get(layout);
    if (found === undefined) {
      const rows = openRows(layout, { debug: options.debug, codeGeneration });
      const loop = codeGeneration ? generatedLoop(fn, rows) : interpretedLoop(fn);
      const isNamed = field !== null && layout.shape === "struct";
      found = { rows, loop, column: isNamed ? layout.fields.findIndex(({ name }) => name === field) : -1 };
      compiled.set(layout, found);
    }
    return found;
  };
  return {
    run(batch, fail) {
      const { rows, loop, column } = compile(batch.layout);
      const known = column < 0 ? null : timesOfColumn(batch, column);
      if (known !== null) return { times: known, rows: null };
      const times = new Float64Array(batch.length);
      const selected = new Int32Array(batch.length);
      rows.bind(batch);
      try {
        const count = loop(batch.length, rows, times, selected, (row, threw, value) => {
          fail({ row, threw, value });
        });
        return { times, rows: count === batch.length ? null : selected.subarray(0, count) };
      } finally {
        rows.release();
      }
    },
  };
}

/** The cells of a column as times; null if one of them is none. */
function timesOfColumn({ columns, length }: RecordBatch, number: number): Float64Array | null {
  const column = columns[number];
  if (column === undefined || column.presence !== null) return null;
  if (column.kind === "int32") return new Float64Array(column.values.subarray(0, length));
  if (column.kind !== "float64") return null;
  const { values } = column;
  for (let row = 0; row < length; row++) if (!Number.isFinite(values[row])) return null;
  return values;
}

function generatedLoop(fn: (record: never) => unknown, rows: Rows): TimeLoop {
  const { head, next } = rowSource(rows);
  const body = [
    `return function loop(n, rows, times, selected, fail) { ${head} let count = 0, r, t, threw = false;`,
    `for (let i = 0; ; i++) { try { for (; i < n; i++) { ${next} t = f(r);`,
    "if (typeof t !== 'number' || !Number.isFinite(t)) break;",
    "times[i] = t; selected[count++] = i; }",
    "} catch (error) { threw = true; t = error; }",
    "if (i >= n) return count; fail(i, threw, t); threw = false; } };",
  ];
  return generate(["f"], body.join("\n"))(fn) as TimeLoop;
}

function interpretedLoop(fn: (record: never) => unknown): TimeLoop {
  return (length, rows, times, selected, fail) => {
    let count = 0;
    for (let row = 0; row < length; row++) {
      const { threw, value } = tryOne(fn, rows, row);
      if (threw || typeof value !== "number" || !Number.isFinite(value)) {
        fail(row, threw, value);
        continue;
      }
      times[row] = value;
      selected[count++] = row;
    }
    return count;
  };
}

function tryOne(fn: (record: never) => unknown, rows: Rows, row: number): { threw: boolean; value: unknown } {
  try {
    return { threw: false, value: fn(rows.at(row) as never) };
  } catch (error) {
    return { threw: true, value: error };
  }
}
