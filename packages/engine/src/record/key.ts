import { BATCH_ROWS_MAX, type RecordBatch } from "./batch.ts";
import { canGenerateCode, generate } from "./code-generation.ts";
import { type KeyColumns, keyColumns, keysOfColumns } from "./column-keys.ts";
import type { OnStepError } from "./driver-step.ts";
import { functionShape } from "./function-shape.ts";
import { KeyWriter } from "./key-codec.ts";
import type { RecordLayout } from "./layout.ts";
import { openRows, type Rows, StructRows } from "./record-view.ts";
import { recordOf, selectRows, withKeys } from "./row-copy.ts";

/** Gives the records of batches their keys. Keeps nothing between two batches. */
export interface KeyFunction {
  /**
   * The batch with keys, without the rows whose key function threw, or gave something that is no key (TM_KEY), and
   * that `onError` (step 0) chose to skip. May be empty.
   */
  run(batch: RecordBatch, onError: OnStepError): RecordBatch;
}

export interface KeyFunctionOptions {
  /** Retained record views throw after the row, nested values are frozen. */
  readonly debug: boolean;
  /** False: interpreted, as where the process forbids code from strings. For tests. */
  readonly codeGeneration?: boolean;
}

type KeyLoop = (
  length: number,
  rows: Rows,
  keys: KeyWriter,
  selected: Int32Array,
  fail: (error: unknown, row: number) => void,
) => number;

interface CompiledKeys {
  readonly rows: Rows;
  readonly loop: KeyLoop;
  /** Set where the keys are there as columns. */
  readonly columns: KeyColumns | null;
}

/** A key function over batches of any layout. */
export function compileKeyFunction(fn: (record: never) => unknown, options: KeyFunctionOptions): KeyFunction {
  const codeGeneration = options.codeGeneration ?? canGenerateCode();
  const shape = codeGeneration ? functionShape(fn) : null;
  const compiled = new Map<RecordLayout, CompiledKeys>();
  const keys = new KeyWriter();
  const compile = (layout: RecordLayout): CompiledKeys => {
    let found = compiled.get(layout);
    if (found === undefined) {
      const rows = openRows(layout, { debug: options.debug, codeGeneration });
      const loop = codeGeneration && rows instanceof StructRows ? generatedLoop(fn) : interpretedLoop(fn);
      found = { rows, loop, columns: keyColumns(shape, layout) };
      compiled.set(layout, found);
    }
    return found;
  };
  return {
    run(batch, onError) {
      const { rows, loop, columns } = compile(batch.layout);
      const known = columns === null ? null : keysOfColumns(columns, batch.columns, batch.length);
      if (known !== null) return withKeys(batch, known);
      const selected = new Int32Array(batch.length);
      const fail = (error: unknown, row: number): void => {
        onError(error, { batch, row, step: 0, record: recordOf(batch, row) });
      };
      rows.bind(batch);
      try {
        const count = loop(batch.length, rows, keys, selected, fail);
        const kept = count === batch.length ? batch : selectRows(batch, selected, count);
        return withKeys(kept, keys.take());
      } finally {
        rows.release();
        // After an error that stops the job this is what was half done.
        keys.discard();
      }
    },
  };
}

/** The same for one batch; where there are more, compile once. */
export function computeKeys(batch: RecordBatch, fn: (record: never) => unknown, onError: OnStepError): RecordBatch {
  return compileKeyFunction(fn, { debug: false, codeGeneration: false }).run(batch, onError);
}

function generatedLoop(fn: (record: never) => unknown): KeyLoop {
  const body = [
    `const integers = new Float64Array(${BATCH_ROWS_MAX}), seconds = new Float64Array(${BATCH_ROWS_MAX});`,
    "const pairs = { first: integers, second: seconds };",
    "function handOver(keys, form, count) {",
    "if (form === 2) keys.appendPairs(pairs, count); else if (form < 3) keys.appendIntegers(integers, count); }",
    "return function loop(n, rows, keys, selected, fail) {",
    // What all keys so far are: 0 of none yet, 1 integers, 2 pairs of them, 3 other keys as well, or too many.
    "const box = rows.cursor.box, view = rows.cursor.view; let count = 0, form = n <= integers.length ? 0 : 3;",
    "for (let i = 0; ; i++) { try { for (; i < n; i++) { box.i = i; const k = f(view);",
    // The sums make 0 of -0.
    "if (form <= 1 && typeof k === 'number' && Number.isSafeInteger(k)) { form = 1; integers[count] = k + 0; }",
    "else if ((form & 1) === 0 && Array.isArray(k) && k.length === 2",
    "&& Number.isSafeInteger(k[0]) && Number.isSafeInteger(k[1])) {",
    "form = 2; integers[count] = k[0] + 0; seconds[count] = k[1] + 0; }",
    "else { handOver(keys, form, count); form = 3; keys.append(k); }",
    "selected[count++] = i; } break; } catch (error) { fail(error, i); } }",
    "handOver(keys, form, count); return count; };",
  ];
  return generate(["f"], body.join("\n"))(fn) as KeyLoop;
}

function interpretedLoop(fn: (record: never) => unknown): KeyLoop {
  return (length, rows, keys, selected, fail) => {
    let count = 0;
    for (let i = 0; i < length; i++) {
      try {
        keys.append(fn(rows.at(i) as never));
      } catch (error) {
        fail(error, i);
        continue;
      }
      selected[count++] = i;
    }
    return count;
  };
}
