import { TidemarkError } from "../foundation/error.ts";
import type { BatchBuilder } from "./batch-builder.ts";
import type { RecordBatch } from "./batch.ts";
import { generate } from "./code-generation.ts";
import type { DriverStep } from "./driver-step.ts";
import { type Rows, StructRows, ValueRows } from "./record-view.ts";

/**
 * The loop of a stage over a batch that `rows` is bound to. Puts what the steps make into `out`, in a stage of filters only the
 * rows that pass into `selected`; returns how many those are. `fail` returns if the record is to be skipped.
 */
export type StageLoop = (
  batch: RecordBatch,
  rows: Rows,
  out: BatchBuilder,
  selected: Int32Array,
  fail: (error: unknown, row: number, step: number, entered: unknown) => void,
) => number;

/** The most records that a flatMap makes of one; they are held back until the last one is there. */
export const FLAT_MAP_RECORDS_MAX = 1_000_000;

/** The loop of these steps, generated where that is allowed; `rows` says how a row is read. */
export function stageLoop(steps: readonly DriverStep[], rows: Rows, codeGeneration: boolean): StageLoop {
  return codeGeneration ? generatedLoop(steps, rows) : interpretedLoop(steps);
}

function refuse(result: unknown, kind: DriverStep["kind"]): never {
  if (result instanceof Promise) {
    throw badResult(`the function of ${kind} returned a promise; it must be synchronous`);
  }
  if (kind === "flatMap") {
    throw badResult("the function of flatMap gave undefined as a record; leave it out instead");
  }
  throw badResult(
    "the function of map returned undefined; return a record, or use filter or flatMap to leave records out",
  );
}

function recordsOf(result: unknown): Iterable<unknown> {
  if (result instanceof Promise) refuse(result, "flatMap");
  if (result !== null && result !== undefined && typeof (result as Iterable<unknown>)[Symbol.iterator] === "function") {
    return result as Iterable<unknown>;
  }
  const what = result === null ? "null" : typeof result === "object" ? "an object" : typeof result;
  throw badResult(
    `the function of flatMap returned ${what}, which is not iterable; return an array or another iterable of records`,
  );
}

function refuseMore(): never {
  throw badResult(`flatMap made more than ${FLAT_MAP_RECORDS_MAX} records of one`);
}

function badResult(message: string): TidemarkError {
  return new TidemarkError("TM_USER_CODE", message);
}

/** Source texts hold numbers and names of ours only; the user's functions come in as parameters. */
function generatedLoop(steps: readonly DriverStep[], rows: Rows): StageLoop {
  const scope = stepScope(steps);
  const source = steps.at(-1)?.kind === "flatMap" ? flatMapLoop(steps, rows) : plainLoop(steps, rows);
  return generate(Object.keys(scope), source)(...Object.values(scope)) as StageLoop;
}

const BEGIN = [
  "return function loop(batch, rows, out, selected, fail) {",
  "const n = batch.length, timestamps = batch.timestamps, watermarks = batch.watermarks, rowKinds = batch.rowKinds;",
  "const facts = { timestamp: 0, watermark: 0, rowKind: undefined, tag: 0 }; let count = 0, step = 0, r;",
].join("\n");

/** A row makes at most one record, which is taken whole or not at all: nothing has to be undone, and one `try` serves all rows. */
function plainLoop(steps: readonly DriverStep[], rows: Rows): string {
  const last = steps.length - 1;
  const isFilterOnly = steps.every((step) => step.kind === "filter");
  const { head, next } = rowSource(rows);
  return [
    BEGIN,
    // What fills meanwhile is held back: an error of what comes after must not be taken for one of these steps.
    `${head} ${isFilterOnly ? "" : "out.mark();"}`,
    `for (let i = 0; ; i++) { try { for (; i < n; i++) { ${next} step = 0;`,
    ...steps.map((step, index) => callSource(step.kind, index, index === last ? "last" : "before")),
    isFilterOnly
      ? "selected[count++] = i;"
      : `${FACTS} out.append(${steps[last]?.kind === "map" ? `o${last}` : "r"}, facts);`,
    "} break; } catch (error) { fail(error, i, step, r); } }",
    `${isFilterOnly ? "" : "out.commit();"} return count; };`,
  ].join("\n");
}

function flatMapLoop(steps: readonly DriverStep[], rows: Rows): string {
  const { head, next } = rowSource(rows);
  const last = steps.length - 1;
  return [
    `${BEGIN} ${head} let made = 0;`,
    `for (let i = 0; i < n; i++) { ${next} step = 0; out.mark(); try {`,
    ...steps.slice(0, last).map((step, index) => callSource(step.kind, index)),
    `step = ${last}; made = 0; ${FACTS}`,
    `for (const o of recordsOf(f${last}(r))) { if (o === undefined || o instanceof Promise) refuse(o, "flatMap");`,
    `if (++made > ${FLAT_MAP_RECORDS_MAX}) refuseMore(); out.append(o, facts); }`,
    "} catch (error) { out.rollback(); fail(error, i, step, r); continue; }",
    "out.commit(); } return count; };",
  ].join("\n");
}

const FACTS =
  "facts.timestamp = timestamps[i]; facts.watermark = watermarks[i]; facts.tag = i; if (rowKinds !== null) facts.rowKind = rowKinds[i];";

/** What sources that `callSource` is part of need to have in scope, but for `r`, `i`, and `step`. */
export function stepScope(steps: readonly DriverStep[]): Readonly<Record<string, unknown>> {
  const fns = steps.map((step, index) => [`f${index}`, step.fn] as const);
  return { ...Object.fromEntries(fns), refuse, recordsOf, refuseMore };
}

/** How generated code gets at the rows of a batch: `next` sets `r` to row i. */
export function rowSource(rows: Rows): { readonly head: string; readonly next: string } {
  if (rows instanceof StructRows) {
    return { head: "const box = rows.cursor.box, view = rows.cursor.view;", next: "box.i = i; r = view;" };
  }
  if (rows instanceof ValueRows) return { head: "const values = rows.values;", next: "r = values[i];" };
  return { head: "", next: "r = rows.at(i);" };
}

/** A map or filter in a loop over `i`: goes on with the next row, or with `r` as the step made it; the last of the steps leaves `r` as it is. */
export function callSource(kind: DriverStep["kind"], index: number, place: "last" | "before" = "before"): string {
  const at = index === 0 ? "" : `step = ${index};`;
  if (kind === "filter") {
    return `${at} const k${index} = f${index}(r); if (k${index} !== true) { if (k${index} instanceof Promise) refuse(k${index}, "filter"); if (!k${index}) continue; }`;
  }
  return `${at} const o${index} = f${index}(r); if (o${index} === undefined || o${index} instanceof Promise) refuse(o${index}, "map"); ${place === "last" ? "" : `r = o${index};`}`;
}

/** The same without generated code, several times slower. */
function interpretedLoop(steps: readonly DriverStep[]): StageLoop {
  const isFilterOnly = steps.every((step) => step.kind === "filter");
  const fns = steps.map((step) => step.fn as (record: unknown) => unknown);
  return (batch, rows, out, selected, fail) => {
    let count = 0;
    for (let i = 0; i < batch.length; i++) {
      const at = { step: 0, record: rows.at(i) };
      out.mark();
      try {
        const passes = runSteps(steps, fns, at, out, {
          timestamp: batch.timestamps[i] as number,
          watermark: batch.watermarks[i] as number,
          rowKind: batch.rowKinds?.[i],
          tag: i,
        });
        if (!passes) continue;
      } catch (error) {
        out.rollback();
        fail(error, i, at.step, at.record);
        continue;
      }
      out.commit();
      if (isFilterOnly) selected[count++] = i;
    }
    return count;
  };

  function runSteps(
    all: readonly DriverStep[],
    functions: readonly ((record: unknown) => unknown)[],
    at: { step: number; record: unknown },
    out: BatchBuilder,
    facts: Parameters<BatchBuilder["append"]>[1],
  ): boolean {
    for (const [index, { kind }] of all.entries()) {
      at.step = index;
      const result = functions[index]?.(at.record);
      if (kind !== "flatMap" && result instanceof Promise) refuse(result, kind);
      if (kind === "filter") {
        if (!result) return false;
      } else if (kind === "map") {
        if (result === undefined) refuse(result, kind);
        if (index === all.length - 1) {
          out.append(result, facts);
          return true;
        }
        at.record = result;
      } else {
        appendAll(recordsOf(result), out, facts);
        return true;
      }
    }
    if (!isFilterOnly) out.append(at.record, facts);
    return true;
  }
}

function appendAll(records: Iterable<unknown>, out: BatchBuilder, facts: Parameters<BatchBuilder["append"]>[1]): void {
  let made = 0;
  for (const record of records) {
    if (record === undefined || record instanceof Promise) refuse(record, "flatMap");
    if (++made > FLAT_MAP_RECORDS_MAX) refuseMore();
    out.append(record, facts);
  }
}
