import type { RecordBatch } from "../record/batch.ts";
import { generate } from "../record/code-generation.ts";
import type { RecordLayout } from "../record/layout.ts";
import { openRows, StructRows } from "../record/record-view.ts";
import { selectedKeys } from "../record/selected-keys.ts";
import type { RecordUpdates, StoredRecords } from "../state/stored-records.ts";
import { gather } from "./changelog-writer.ts";
import type { Output } from "./operator.ts";

type ReduceFunction = (accumulated: unknown, record: unknown) => unknown;

/** Layouts of records that one operator takes by the batch. */
const LAYOUTS_MAX = 8;
/** Rows that were not taken, less those that were, from which on batches are not worth it. */
const MISSED_MAX = 65_536;

/** What the user's function made of a row that is not one of its two inputs. */
export type Outcome =
  | { readonly kind: "record"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: unknown };

/** Calls the user's function for rows as far as it chooses one of its inputs; what else it made goes to `seen`. Returns the row it ended before. */
type DecideLoop = (updates: RecordUpdates, from: number, end: number, seen: { outcome: Outcome | null }) => number;

interface Layout {
  readonly updates: RecordUpdates;
  readonly before: StructRows;
  readonly rows: StructRows;
  readonly decide: DecideLoop;
}

/**
 * Reduces batches whose rows, and what is kept for their keys, are of one layout, as long as the function only chooses between the two: whole
 * columns go from the batch into the state and to the output then. The function reads and returns views; it must do nothing but read.
 */
export class BatchReducer {
  readonly #output: Output;
  readonly #records: StoredRecords;
  readonly #fn: ReduceFunction;
  readonly #layouts = new Map<RecordLayout, Layout | null>();
  #timestamps = new Float64Array(0);
  #watermarks = new Float64Array(0);
  #missed = 0;

  constructor(output: Output, records: StoredRecords, fn: ReduceFunction) {
    this.#output = output;
    this.#records = records;
    this.#fn = fn;
  }

  /** False once most rows could not be taken: the function makes records of its own, or their layouts change. */
  get pays(): boolean {
    return this.#missed < MISSED_MAX;
  }

  /**
   * Reduces the rows of a batch from the first on; returns how many it took. `keep` is given what the function made of the next row where that is
   * neither of its inputs, and the change of what was kept went out; it is called while views are good.
   */
  reduce(batch: RecordBatch, stateRows: Int32Array, keep: (row: number, outcome: Outcome) => boolean): number {
    const layout = this.#layoutOf(batch.layout);
    if (layout === null) return 0;
    layout.rows.bind(batch);
    let done = 0;
    while (done < batch.length) {
      const end = layout.updates.begin(batch, stateRows, done);
      if (end === done) break;
      const ended = this.#reduceRows(layout, batch, { from: done, end, keep });
      if (ended < end) {
        done = ended + 1;
        break;
      }
      done = end;
    }
    layout.rows.release();
    this.#missed = Math.max(0, this.#missed + batch.length - 2 * done);
    return done;
  }

  #reduceRows(
    { updates, before, decide }: Layout,
    batch: RecordBatch,
    {
      from,
      end,
      keep,
    }: { readonly from: number; readonly end: number; readonly keep: (row: number, outcome: Outcome) => boolean },
  ): number {
    const seen: { outcome: Outcome | null } = { outcome: null };
    before.bind({ ...batch, columns: updates.columns });
    const ended = decide(updates, from, end, seen);
    updates.apply(ended);
    let changes = updates.changeRows[ended - from] as number;
    // The row before is written already.
    if (seen.outcome !== null && keep(ended, seen.outcome)) changes++;
    before.release();
    if (changes > 0) this.#output.batch(this.#changesOf(updates, batch, changes));
    return ended;
  }

  #changesOf(updates: RecordUpdates, batch: RecordBatch, length: number): RecordBatch {
    const { columns, rowKinds, inputRows } = updates;
    if (this.#output.borrows !== true) updates.take();
    if (this.#output.borrows !== true || this.#timestamps.length < length) {
      this.#timestamps = new Float64Array(rowKinds.length);
      this.#watermarks = new Float64Array(rowKinds.length);
    }
    gather(batch.timestamps, inputRows, this.#timestamps, length);
    gather(batch.watermarks, inputRows, this.#watermarks, length);
    return {
      layout: batch.layout,
      length,
      columns,
      timestamps: this.#timestamps,
      watermarks: this.#watermarks,
      rowKinds,
      keys: batch.keys === null ? null : selectedKeys(batch.keys, inputRows.subarray(0, length)),
      origin: null,
    };
  }

  #layoutOf(layout: RecordLayout): Layout | null {
    let known = this.#layouts.get(layout);
    if (known === undefined) {
      known = this.#layouts.size < LAYOUTS_MAX ? this.#newLayout(layout) : null;
      if (this.#layouts.size < LAYOUTS_MAX) this.#layouts.set(layout, known);
    }
    return known;
  }

  #newLayout(layout: RecordLayout): Layout | null {
    const updates = this.#records.updates(layout);
    const before = openRows(layout, { debug: false });
    const rows = openRows(layout, { debug: false });
    if (updates === null || !(before instanceof StructRows) || !(rows instanceof StructRows)) return null;
    return { updates, before, rows, decide: decideLoop(this.#fn, before, rows) };
  }
}

/** A loop of its own for each function and layout: V8 puts the function and the views' getters in line then. */
function decideLoop(fn: ReduceFunction, before: StructRows, rows: StructRows): DecideLoop {
  const source = [
    "return function decide(updates, from, end, seen) {",
    "const { changeRows, isNew } = updates; const count = end - from; let k = 0;",
    "try { for (; k < count; k++) {",
    "if (isNew[k] === 1) continue;",
    "if (updates.hasKept) updates.refresh(k);",
    "beforeBox.i = changeRows[k]; rowBox.i = from + k;",
    "const value = fn(beforeView, rowView);",
    "if (value === rowView) continue;",
    "if (value === beforeView) { updates.keep(k); continue; }",
    'seen.outcome = { kind: "record", value }; break;',
    '} } catch (error) { seen.outcome = { kind: "error", error }; }',
    "return from + k; };",
  ];
  return generate(["fn", "beforeBox", "beforeView", "rowBox", "rowView"], source.join("\n"))(
    fn,
    before.cursor.box,
    before.cursor.view,
    rows.cursor.box,
    rows.cursor.view,
  ) as DecideLoop;
}
