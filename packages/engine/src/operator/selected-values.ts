import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import { canGenerateCode, generate } from "../record/code-generation.ts";
import type { RecordLayout } from "../record/layout.ts";
import { openRows, type Rows, StructRows, ValueRows } from "../record/record-view.ts";
import type { CompiledAggregates, CompiledMember, ValueColumns } from "./compiled-aggregates.ts";

/** Told of each row whose selector threw, in order of rows within a call of some selectors. */
export type OnSelectorError = (error: unknown, row: number) => void;

/**
 * Evaluates some selectors on the rows `list[0 .. count)` that have not failed, into `columns`. A row that throws is marked in `failed`.
 */
type SelectLoop = (
  rows: Rows,
  list: Int32Array,
  count: number,
  columns: ValueColumns,
  failed: Uint8Array,
  fail: OnSelectorError,
) => void;

/** V8 inlines about as many functions into one loop. */
const SELECTORS_PER_LOOP = 4;

interface Compiled {
  readonly rows: Rows;
  readonly loops: readonly SelectLoop[];
}

/** Runs the selectors of a step's aggregates over rows of a batch, a loop per layout with the user's functions in line. */
export class SelectedValues {
  /** The values that were selected last, by aggregate and row. */
  readonly columns: ValueColumns;
  /** Not 0 where a row's selectors threw since `bind`. */
  readonly failed: Uint8Array = new Uint8Array(BATCH_ROWS_MAX);
  readonly #members: readonly CompiledMember[];
  readonly #options: { readonly debug: boolean; readonly codeGeneration: boolean };
  readonly #compiled = new Map<RecordLayout, Compiled>();
  #current: Compiled | null = null;
  #hasFailed = false;

  constructor(
    aggregates: CompiledAggregates,
    { debug, codeGeneration = canGenerateCode() }: { readonly debug: boolean; readonly codeGeneration?: boolean },
  ) {
    this.#members = aggregates.members.filter(isSelected);
    this.columns = aggregates.members.map((member) => {
      if (!isSelected(member)) return null;
      return isNumber(member) ? new Float64Array(BATCH_ROWS_MAX) : new Array<unknown>(BATCH_ROWS_MAX).fill(undefined);
    });
    this.#options = { debug, codeGeneration };
  }

  bind(batch: RecordBatch): void {
    this.#current = this.#compile(batch.layout);
    this.#current.rows.bind(batch);
    if (this.#hasFailed) this.failed.fill(0);
    this.#hasFailed = false;
  }

  /** Selects the values of the rows `list[0 .. count)` of the bound batch; true if none threw. */
  select(list: Int32Array, count: number, onError: OnSelectorError): boolean {
    const { rows, loops } = this.#current as Compiled;
    let isGood = true;
    const fail: OnSelectorError = (error, row) => {
      isGood = false;
      this.#hasFailed = true;
      onError(error, row);
    };
    for (const loop of loops) loop(rows, list, count, this.columns, this.failed, fail);
    return isGood;
  }

  /** What is added to an aggregate for a row that was selected; the view itself where its value is the record, good until the next call. */
  valueOf({ aggregate, index }: CompiledMember, row: number): unknown {
    const column = this.columns[index];
    if (column !== null && column !== undefined) return column[row];
    return aggregate.selector === null ? undefined : (this.#current as Compiled).rows.at(row);
  }

  /** Views that were handed out go stale, and nothing of the batch is kept. */
  release(): void {
    this.#current?.rows.release();
    this.#current = null;
    for (const column of this.columns) if (Array.isArray(column)) column.fill(undefined);
  }

  #compile(layout: RecordLayout): Compiled {
    let compiled = this.#compiled.get(layout);
    if (compiled === undefined) {
      const rows = openRows(layout, this.#options);
      const loops: SelectLoop[] = [];
      for (let from = 0; from < this.#members.length; from += SELECTORS_PER_LOOP) {
        const part = this.#members.slice(from, from + SELECTORS_PER_LOOP);
        loops.push(this.#options.codeGeneration ? generatedLoop(part, rows) : interpretedLoop(part));
      }
      compiled = { rows, loops };
      this.#compiled.set(layout, compiled);
    }
    return compiled;
  }
}

/** False where there is nothing to select beforehand: no value at all, or a user's aggregate that takes the record itself. */
function isSelected({ aggregate: { selector, custom } }: CompiledMember): boolean {
  return selector !== null && !(custom && selector.read === null);
}

function isNumber({ aggregate: { selector } }: CompiledMember): boolean {
  return selector?.isNumber === true;
}

/** The user's functions come in as parameters, the source holds numbers only. */
function generatedLoop(members: readonly CompiledMember[], rows: Rows): SelectLoop {
  const { head, next } = rowSource(rows);
  const lines = [
    "return function select(rows, list, count, columns, failed, fail) {",
    ...members.map(({ index }) => `const c${index} = columns[${index}];`),
    head,
    `for (let i = 0; i < count; i++) { const row = list[i]; if (failed[row] !== 0) continue; ${next}`,
    "try {",
    ...members.map((member) => {
      const { index, aggregate } = member;
      const read = aggregate.selector?.read === null ? "r" : `f${index}(r)`;
      if (!isNumber(member)) return `c${index}[row] = t${index}(${read});`;
      // A difference of a number with itself is NaN for an infinite one too: NaN alone, which is let through, is told by the second test.
      return `const v${index} = ${read}; c${index}[row] = typeof v${index} === "number" && (v${index} - v${index} === 0 || v${index} !== v${index}) ? v${index} : t${index}(v${index});`;
    }),
    "} catch (error) { failed[row] = 1; fail(error, row); } } };",
  ];
  const names = members.flatMap(({ index }) => [`f${index}`, `t${index}`]);
  const functions = members.flatMap(({ aggregate: { selector } }) => [selector?.read, selector?.accept]);
  return generate(names, lines.join("\n"))(...functions) as SelectLoop;
}

function rowSource(rows: Rows): { head: string; next: string } {
  if (rows instanceof StructRows) {
    return { head: "const box = rows.cursor.box, r = rows.cursor.view;", next: "box.i = row;" };
  }
  if (rows instanceof ValueRows) return { head: "const cells = rows.values;", next: "const r = cells[row];" };
  return { head: "", next: "const r = rows.at(row);" };
}

/** The same without generated code, several times slower. */
function interpretedLoop(members: readonly CompiledMember[]): SelectLoop {
  return (rows, list, count, columns, failed, fail) => {
    for (let i = 0; i < count; i++) {
      const row = list[i] as number;
      if (failed[row] !== 0) continue;
      const record = rows.at(row);
      try {
        for (const { index, aggregate } of members) {
          const { read, accept } = aggregate.selector as NonNullable<typeof aggregate.selector>;
          const value = accept(read === null ? record : (read as (record: unknown) => unknown)(record));
          (columns[index] as unknown[])[row] = value;
        }
      } catch (error) {
        failed[row] = 1;
        fail(error, row);
      }
    }
  };
}
