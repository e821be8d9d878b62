import type { RecordBatch } from "./batch.ts";
import type { Column } from "./column.ts";
import type { DriverStep } from "./driver-step.ts";
import { callSource, rowSource, stepScope } from "./driver-loop.ts";
import { type Field, layoutOf, type RecordLayout } from "./layout.ts";
import { kindOf } from "./learned-layout.ts";
import {
  type Cells,
  columnOf,
  jsonCells,
  type MapLoop,
  mapLoop,
  type Misfit,
  newCells,
  type Views,
} from "./map-loop.ts";
import { openRows, type Rows } from "./record-view.ts";
import { planResult, resultLayout, type ResultPlan } from "./result-plan.ts";
import type { FunctionShape } from "./function-shape.ts";
import { selectRows } from "./row-copy.ts";

type Fail = (error: unknown, row: number, step: number, entered: unknown) => void;

/**
 * Filters and maps that end with a map whose source shows what it returns, for batches of one layout: computed values go straight into
 * columns, fields that are handed on keep theirs.
 */
export class MapStage {
  readonly #steps: readonly DriverStep[];
  /** The layout that the map sees as it is; null where it is given what another map made. */
  readonly #handed: RecordLayout | null;
  readonly #plan: ResultPlan;
  readonly #rows: Rows;
  readonly #seenRows: Rows | null;
  readonly #kinds: (Field["kind"] | null)[];
  readonly #misfit: Misfit = { field: -1, row: -1, result: undefined, entered: undefined };
  #selected = new Int32Array(0);
  /** Typed arrays that a batch did not need whole, for the next one. */
  readonly #spare: Cells[];
  #loop: MapLoop;
  #layout: RecordLayout;

  private constructor(
    steps: readonly DriverStep[],
    input: RecordLayout,
    handed: RecordLayout | null,
    plan: ResultPlan,
  ) {
    this.#steps = steps;
    this.#handed = handed;
    this.#plan = plan;
    this.#rows = openRows(input, { debug: false, codeGeneration: true });
    this.#seenRows =
      handed === null || plan.seen === null
        ? null
        : openRows(layoutOf(plan.seen.map((number) => handed.fields[number] as Field)), {
            debug: false,
            codeGeneration: true,
          });
    this.#kinds = plan.fields.map(() => null);
    this.#spare = plan.fields.map(() => null);
    this.#loop = this.#makeLoop();
    this.#layout = resultLayout(plan, handed, this.#kinds);
  }

  /** A stage of these steps, the last of which has this shape; null where it takes a look at each result. */
  static open(steps: readonly DriverStep[], input: RecordLayout, shape: FunctionShape | null): MapStage | null {
    const isHanded = input.shape === "struct" && steps.slice(0, -1).every(({ kind }) => kind === "filter");
    const handed = isHanded ? input : null;
    const plan = planResult(shape, handed);
    return plan === null ? null : new MapStage(steps, input, handed, plan);
  }

  /** Emits what comes out, if anything does. */
  run(batch: RecordBatch, emit: (batch: RecordBatch) => void, fail: Fail): void {
    if (this.#plan.isCopy && this.#steps.length === 1) return emit(this.#batchOf(batch, [], batch.length));
    if (this.#selected.length < batch.length) this.#selected = new Int32Array(batch.length);
    const cells = this.#kinds.map((kind, f) => this.#cellsFor(kind, f, batch.length));
    this.#rows.bind(batch);
    const seen = (this.#plan.seen ?? []).map((number) => batch.columns[number] as Column);
    this.#seenRows?.bind({ ...batch, columns: seen });
    let count: number;
    try {
      count = this.#runLoop(batch.length, cells, fail);
    } finally {
      this.#rows.release();
      this.#seenRows?.release();
    }
    if (count > 0) emit(this.#batchOf(batch, cells, count));
  }

  #runLoop(rows: number, cells: Cells[], fail: Fail): number {
    const misfit = this.#misfit;
    const run = { rows, cells, selected: this.#selected, fail, misfit };
    misfit.row = -1;
    let count = this.#loop(run, 0, 0, false);
    while (misfit.row >= 0) {
      this.#learn(cells, { rows, count });
      count = this.#loop(run, misfit.row, count, true);
    }
    return count;
  }

  /** Makes room for the result that had none. */
  #learn(cells: Cells[], { rows, count }: { rows: number; count: number }): void {
    const { field, result } = this.#misfit;
    if (field >= 0) {
      this.#kinds[field] = "json";
      cells[field] = jsonCells(cells[field] ?? null, count);
    } else {
      for (const [f, { name, from }] of this.#plan.fields.entries()) {
        if (from >= 0) continue;
        const kind = kindOf((result as Record<string, unknown>)[name]);
        this.#kinds[f] = kind;
        cells[f] = newCells(kind, rows);
      }
    }
    this.#loop = this.#makeLoop();
    this.#layout = resultLayout(this.#plan, this.#handed, this.#kinds);
  }

  #cellsFor(kind: Field["kind"] | null, f: number, rows: number): Cells {
    const spare = this.#spare[f] ?? null;
    this.#spare[f] = null;
    return spare !== null && spare.length >= rows ? spare : newCells(kind, rows);
  }

  #batchOf(batch: RecordBatch, cells: readonly Cells[], count: number): RecordBatch {
    const { fields } = this.#plan;
    const handed = fields.flatMap(({ from }) => (from < 0 ? [] : [batch.columns[from] as Column]));
    const whole = { ...batch, layout: this.#layout, columns: handed, keys: null };
    const base = count === batch.length ? whole : selectRows(whole, this.#selected, count);
    let next = 0;
    const columns = fields.map(({ from }, f) =>
      from < 0 ? this.#computed(f, cells[f] ?? null, count) : (base.columns[next++] as Column),
    );
    return { ...base, columns };
  }

  #computed(f: number, cells: Cells, count: number): Column {
    const kind = this.#kinds[f] ?? "json";
    if (cells === null || Array.isArray(cells) || count > cells.length / 2) return columnOf(kind, cells);
    this.#spare[f] = cells;
    return columnOf(kind, cells.slice(0, count));
  }

  #makeLoop(): MapLoop {
    const last = this.#steps.length - 1;
    return mapLoop({
      steps: this.#steps,
      plan: this.#plan,
      kinds: this.#kinds,
      views: this.#views(last),
      stepSource: (kind, index) => callSource(kind, index),
      scope: { ...stepScope(this.#steps), rows: this.#rows, seenRows: this.#seenRows },
    });
  }

  #views(last: number): Views {
    const { head, next } = rowSource(this.#rows);
    const all = { head, next, last: `const o = f${last}(r);` };
    if (this.#seenRows === null) return all;
    const seen = "const seenBox = seenRows.cursor.box, seenView = seenRows.cursor.view;";
    const call = `seenBox.i = i; const o = f${last}(seenView);`;
    // Where the map is alone, nothing needs the other view but an error, and that only tells the row.
    return last === 0
      ? { head: seen, next: "r = seenView;", last: call }
      : { head: `${head} ${seen}`, next: all.next, last: call };
  }
}
