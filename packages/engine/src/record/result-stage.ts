import { BATCH_ROWS_MAX, type RecordBatch } from "./batch.ts";
import { generate } from "./code-generation.ts";
import { callSource, FLAT_MAP_RECORDS_MAX, rowSource, stepScope } from "./driver-loop.ts";
import type { DriverStep } from "./driver-step.ts";
import type { RecordLayout } from "./layout.ts";
import { openRows, type Rows } from "./record-view.ts";
import { ResultCells } from "./result-cells.ts";
import { selectRows, sliceRows } from "./row-copy.ts";

type Fail = (error: unknown, row: number, step: number, entered: unknown) => void;

/** Runs rows from `from` on into `results`; returns where to go on once those are handed over, or the number of rows. */
type ResultLoop = (length: number, from: number, results: ResultCells, fail: Fail) => number;

/** Steps for batches of one layout, where each result has to be looked at: its keys, their order, the types of its values. */
export class ResultStage {
  readonly #rows: Rows;
  readonly #loop: ResultLoop;
  readonly #isFlat: boolean;
  readonly #results = new ResultCells();

  constructor(steps: readonly DriverStep[], input: RecordLayout) {
    this.#rows = openRows(input, { debug: false, codeGeneration: true });
    this.#isFlat = steps.at(-1)?.kind === "flatMap";
    this.#loop = resultLoop(steps, this.#rows);
  }

  /** Emits what comes out, after all of it that one batch holds is there. */
  run(batch: RecordBatch, emit: (batch: RecordBatch) => void, fail: Fail): void {
    let row = 0;
    while (row < batch.length) {
      this.#results.begin(batch.length);
      this.#rows.bind(batch);
      try {
        row = this.#loop(batch.length, row, this.#results, fail);
      } finally {
        this.#rows.release();
      }
      if (this.#results.count > 0) this.#handOver(batch, emit);
    }
  }

  #handOver(batch: RecordBatch, emit: (batch: RecordBatch) => void): void {
    const { count, tags } = this.#results;
    const { layout, columns } = this.#results.take();
    const facts: RecordBatch = { ...batch, layout, columns: [], keys: null };
    if (count === batch.length && !this.#isFlat) return emit({ ...facts, columns });
    if (count <= BATCH_ROWS_MAX) return emit({ ...selectRows(facts, tags, count), columns });
    // The loop goes on with these arrays only when it is called again.
    const made = { ...facts, length: count, columns, rowKinds: null, origin: null };
    for (let from = 0; from < count; from += BATCH_ROWS_MAX) {
      const to = Math.min(count, from + BATCH_ROWS_MAX);
      const part = sliceRows(made, from, to);
      emit({ ...selectRows(facts, tags.subarray(from, to), to - from), columns: part.columns });
    }
  }
}

function resultLoop(steps: readonly DriverStep[], rows: Rows): ResultLoop {
  const { head, next } = rowSource(rows);
  const last = steps.length - 1;
  const kind = steps[last]?.kind;
  const isFlat = kind === "flatMap";
  const write = (result: string): string =>
    `if (j === room) { room = results.grow(); tags = results.tags; } if (!cells.write(j, ${result})) cells = results.widen(j, ${result}); tags[j++] = i;`;
  const lines = [
    "return function loop(n, from, results, fail) {",
    "let cells = results.cells, tags = results.tags, room = tags.length, j = 0, mark = 0, made = 0, step = 0, r;",
    `${head} for (let i = from; ; i++) { try { for (; i < n; i++) { ${next} step = 0;`,
    // Only whole rows are handed over, so that one that throws halfway can be undone.
    isFlat ? `if (j >= ${BATCH_ROWS_MAX}) { results.count = j; return i; } mark = j;` : "",
    ...steps.slice(0, last).map((step, index) => callSource(step.kind, index)),
    isFlat
      ? `step = ${last}; made = 0; for (const o of recordsOf(f${last}(r))) { if (o === undefined || o instanceof Promise) refuse(o, "flatMap");
         if (++made > ${FLAT_MAP_RECORDS_MAX}) refuseMore(); ${write("o")} }`
      : `${callSource(kind ?? "filter", last, "last")} ${write(kind === "map" ? `o${last}` : "r")}`,
    `} results.count = j; return n; } catch (error) { ${isFlat ? "j = mark;" : ""} cells = results.cells; fail(error, i, step, r); } } };`,
  ];
  const scope = { ...stepScope(steps), rows };
  return generate(Object.keys(scope), lines.join("\n"))(...Object.values(scope)) as ResultLoop;
}
