import { generate } from "./code-generation.ts";
import type { Column } from "./column.ts";
import type { DriverStep } from "./driver-step.ts";
import type { Field } from "./layout.ts";
import { detach } from "./plain-value.ts";
import type { ResultPlan } from "./result-plan.ts";
import { stringColumn } from "./string-column.ts";

/** Kinds of the columns of computed fields, in the order of the plan; null where no value was seen yet, or nothing is computed. */
export type Kinds = readonly (Field["kind"] | null)[];

/** Where a loop stopped because a computed value has no place in its column. */
export interface Misfit {
  /** Index of the field in the plan, -1: nothing is learned yet. */
  field: number;
  row: number;
  /** What the last step returned, and what it was given. */
  result: unknown;
  entered: unknown;
}

/** What a loop works on. Rows are those of the batch that `views` are bound to. */
export interface MapRun {
  readonly rows: number;
  /** One per field of the plan: the cells written so far; null where nothing is computed. */
  readonly cells: readonly Cells[];
  /** The rows that came out, in order. */
  readonly selected: Int32Array;
  readonly fail: (error: unknown, row: number, step: number, entered: unknown) => void;
  readonly misfit: Misfit;
}

export type Cells = Float64Array | Uint8Array | unknown[] | null;

/**
 * Runs rows from `from` on through all steps and writes what the map at the end computes; `count` rows were written before. Returns how
 * many are, all of them if `misfit.row` is -1 afterwards; else the loop of other kinds goes on with the result that did not fit.
 */
export type MapLoop = (run: MapRun, from: number, count: number, resumes: boolean) => number;

/** Where the steps read: `rows` as the stage declares them, `seen` as the last one needs them, or the same. */
export interface Views {
  readonly head: string;
  readonly next: string;
  readonly last: string;
}

interface MapLoopOptions {
  readonly steps: readonly DriverStep[];
  readonly plan: ResultPlan;
  readonly kinds: Kinds;
  readonly views: Views;
  readonly stepSource: (kind: DriverStep["kind"], index: number) => string;
  /** Names that the source uses, with their values. */
  readonly scope: Readonly<Record<string, unknown>>;
}

/** The loop of steps that end with a map; source texts hold no text of a user's but quoted names. */
export function mapLoop({ steps, plan, kinds, views, stepSource, scope }: MapLoopOptions): MapLoop {
  const last = steps.length - 1;
  const computed = [...plan.fields.keys()].filter((f) => (plan.fields[f]?.from ?? 0) < 0);
  const isLearned = computed.every((f) => kinds[f] !== null);
  const stop = (field: number): string =>
    `{ misfit.field = ${field}; misfit.row = i; misfit.result = o; misfit.entered = r; return j; }`;
  const write = isLearned ? writeSource(plan, kinds, computed, stop) : stop(-1);
  const lines = [
    "return function loop(run, from, count, resumes) {",
    "const n = run.rows, selected = run.selected, fail = run.fail, misfit = run.misfit, cells = run.cells;",
    ...computed.map((f) => `const c${f} = cells[${f}];`),
    `${views.head} let i = from, j = count, step = ${last}, r;`,
    "if (resumes) { const o = misfit.result; r = misfit.entered; misfit.result = misfit.entered = undefined; misfit.row = -1;",
    `try { ${write} selected[j++] = i; } catch (error) { fail(error, i, step, r); } i++; }`,
    "for (;; i++) { try {",
    `for (; i < n; i++) { ${views.next} ${last > 0 ? "step = 0;" : ""}`,
    ...steps.slice(0, last).map((step, index) => stepSource(step.kind, index)),
    last > 0 ? `step = ${last};` : "",
    plan.isCopy ? "" : `${views.last} ${write}`,
    "selected[j++] = i; }",
    "return j; } catch (error) { fail(error, i, step, r); } } };",
  ];
  const names = Object.keys(scope);
  return generate([...names, "detach"], lines.join("\n"))(...names.map((name) => scope[name]), detach) as MapLoop;
}

function writeSource(
  plan: ResultPlan,
  kinds: Kinds,
  computed: readonly number[],
  stop: (field: number) => string,
): string {
  const reads = computed.map((f) => {
    const read = `o[${JSON.stringify(plan.fields[f]?.name)}]`;
    return kinds[f] === "json"
      ? `let v${f} = ${read}; if (typeof v${f} === "object" && v${f} !== null) v${f} = detach(v${f});`
      : `const v${f} = ${read};`;
  });
  const tests = computed
    .filter((f) => kinds[f] !== "json")
    .map((f) => `if (typeof v${f} !== "${TYPES[kinds[f] as keyof typeof TYPES]}") ${stop(f)}`);
  const stores = computed.map((f) => `c${f}[j] = ${kinds[f] === "boolean" ? `v${f} ? 1 : 0` : `v${f}`};`);
  return [...reads, ...tests, ...stores].join(" ");
}

const TYPES = { float64: "number", boolean: "boolean", utf8: "string" } as const;

/** Empty cells of a kind, for `rows` rows. */
export function newCells(kind: Field["kind"] | null, rows: number): Cells {
  switch (kind) {
    case "float64":
      return new Float64Array(rows);
    case "boolean":
      return new Uint8Array(rows);
    case "utf8":
    case "json":
      return [];
    default:
      return null;
  }
}

/** The cells as those of a json column, whose values they are from now on. */
export function jsonCells(cells: Cells, count: number): unknown[] {
  if (cells instanceof Float64Array) return Array.from(cells.subarray(0, count));
  if (cells instanceof Uint8Array) return Array.from(cells.subarray(0, count), (value) => value === 1);
  return cells ?? [];
}

/** The column of cells that a loop wrote. */
export function columnOf(kind: Field["kind"], cells: Cells): Column {
  switch (kind) {
    case "float64":
      return { kind, presence: null, values: cells as Float64Array };
    case "boolean":
      return { kind, presence: null, values: cells as Uint8Array };
    case "utf8":
      return stringColumn(cells as string[]);
    default:
      return { kind: "json", presence: null, values: cells as unknown[] };
  }
}
