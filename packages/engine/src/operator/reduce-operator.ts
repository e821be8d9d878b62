import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import { type RecordLayout, VALUE_LAYOUT } from "../record/layout.ts";
import { openBatchRows, type Rows } from "../record/record-view.ts";
import { recordOf } from "../record/row-copy.ts";
import type { KeyedState, ValueState } from "../state/state-backend.ts";
import { PLAIN_CODEC } from "../state/state-codec.ts";
import { type StoredRecords, storedRecords } from "../state/stored-records.ts";
import { BatchReducer, type Outcome } from "./batch-reducer.ts";
import { ChangelogWriter } from "./changelog-writer.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { onlyReads } from "./only-reads.ts";
import { ResultWriter } from "./result-writer.ts";
import { refusePromise, rethrowInternal } from "./user-failure.ts";

type ReduceFunction = (accumulated: unknown, record: unknown) => unknown;

/** Batches of fewer rows than this, ended because the next row has other fields, count against writing by column. */
const ROWS_WANTED = 32;
const SHORT_BATCHES_MAX = 256;

/**
 * Unwindowed reduce: a table of one record per key as a changelog stream, still keyed. A key's first record is its row; each later one
 * gives the row before and, as the row after, what the user's function made of both.
 *
 * Where the backend keeps records by column, rows go from the batch to the state and from there to the output as columns; the user's
 * function reads the row before from the output. Records that are kept another way go as objects.
 */
export class ReduceOperator implements Operator {
  readonly #context: OperatorContext;
  readonly #fn: ReduceFunction;
  readonly #state: KeyedState;
  readonly #accumulated: ValueState<unknown>;
  readonly #records: StoredRecords | null;
  /** Takes whole batches as far as it can; null if it cannot. */
  readonly #batches: BatchReducer | null;
  /** Writes rows by column; null if it cannot or does not pay. */
  #changes: ChangelogWriter | null;
  /** Writes rows that are objects. */
  readonly #writer: ResultWriter;
  readonly #view: Rows;
  /** The function does nothing to the row before but read fields of it, so that a view will do. */
  readonly #onlyReads: boolean;
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  /** Layout in which the state keeps rows of the batch; null before the first. */
  #rowLayout: RecordLayout | null = null;
  #lastLayout: RecordLayout | null = null;
  #isLastFlat = false;
  /** What short batches cost, less the rows that were written since. */
  #shortage = 0;

  constructor(context: OperatorContext, options: { readonly fn: (accumulated: never, record: never) => unknown }) {
    this.#context = context;
    this.#fn = options.fn as ReduceFunction;
    this.#state = context.keyedState({
      timers: [],
      states: [{ name: "accumulated", kind: "value", codec: PLAIN_CODEC }],
    });
    const { keys } = this.#state;
    this.#accumulated = this.#state.value<unknown>("accumulated");
    this.#records = storedRecords(this.#accumulated);
    this.#changes = this.#records === null ? null : new ChangelogWriter(context.output, this.#records);
    this.#writer = new ResultWriter(context.output, { keys });
    this.#view = openBatchRows({ debug: context.debug });
    this.#onlyReads = !context.debug && onlyReads(this.#fn);
    this.#batches =
      this.#records !== null && this.#onlyReads ? new BatchReducer(context.output, this.#records, this.#fn) : null;
  }

  onBatch(_input: number, batch: RecordBatch): void {
    assert(batch.keys !== null, () => `reduce ${this.#context.name} got a batch without keys`);
    assert(batch.rowKinds === null, () => `reduce ${this.#context.name} got a changelog`);
    this.#state.keys.resolve(batch.keys, batch.length, this.#rows);
    this.#view.bind(batch);
    // Rows whose fields change all the time make batches of a few rows, which cost more than objects do.
    if (this.#shortage > ROWS_WANTED * SHORT_BATCHES_MAX) this.#changes = null;
    this.#changes?.bind(batch);
    this.#rowLayout = null;
    const batches = this.#batches;
    const first = batches?.pays === true ? this.#reduceBatch(batches, batch) : 0;
    for (let row = first; row < batch.length; row++) this.#onRecord(batch, row);
    this.#view.release();
    this.#flush();
    this.#state.releaseEmptyRows();
  }

  onWatermark(_input: number, watermark: number): void {
    this.#writer.watermark(watermark);
  }

  facts(): Json {
    const { rows, bytes } = this.#state.size();
    return { keys: rows, bytes };
  }

  #flush(): void {
    this.#changes?.flush();
    this.#writer.flush();
  }

  /** Reduces rows of a batch from the first on; returns how many. */
  #reduceBatch(batches: BatchReducer, batch: RecordBatch): number {
    let isMade = false;
    const done = batches.reduce(batch, this.#rows, (row, outcome) => (isMade = this.#keepMade(batch, row, outcome)));
    if (isMade) this.#writeKept(batch, done - 1, ROW_KINDS.updateAfter);
    return done;
  }

  /** Keeps a record that the function made; false if it made none, or none that can be kept. */
  #keepMade(batch: RecordBatch, row: number, outcome: Outcome): boolean {
    try {
      if (outcome.kind === "error") throw outcome.error;
      this.#keep(this.#rows[row] as number, outcome.value);
    } catch (error) {
      this.#fail(error, batch, row);
      return false;
    }
    return true;
  }

  #onRecord(batch: RecordBatch, row: number): void {
    const records = this.#records;
    const changes = this.#changes;
    if (records !== null && changes !== null) {
      const stateRow = this.#rows[row] as number;
      const before = records.layout(stateRow);
      if (before === null) {
        if (batch.layout.shape === "struct" && records.setRow(stateRow, batch, row)) {
          this.#writeRow(records, changes, { row, rowKind: ROW_KINDS.insert });
          return;
        }
      } else if (before !== VALUE_LAYOUT) {
        if (this.#updateKept(changes, before, batch, row)) {
          this.#writeRow(records, changes, { row, rowKind: ROW_KINDS.updateAfter });
        }
        return;
      }
    }
    this.#onWholeRecord(batch, row);
  }

  /**
   * A record of a key whose row is kept by column. Nothing is changed before the user's function is done and its record is stored. True where
   * that is the input's own row; else the row after is written already.
   */
  #updateKept(changes: ChangelogWriter, before: RecordLayout, batch: RecordBatch, row: number): boolean {
    const stateRow = this.#rows[row] as number;
    this.#makeRoom(changes, before, { rows: 2, inputRow: row });
    changes.write(stateRow, row, ROW_KINDS.updateBefore);
    try {
      const isView = this.#onlyReads && this.#isFlat(before);
      const accumulated = isView ? changes.viewOfLast() : this.#accumulated.get(stateRow);
      const record = this.#view.at(row);
      const reduced = this.#fn(accumulated, record);
      if (reduced === record && batch.layout.shape === "struct") {
        if (this.#records?.setRow(stateRow, batch, row) === true) return true;
        this.#accumulated.set(stateRow, recordOf(batch, row));
      } else if (!isView || reduced !== accumulated) {
        this.#keep(stateRow, reduced);
      }
    } catch (error) {
      changes.dropLast();
      this.#fail(error, batch, row);
      return false;
    }
    this.#writeKept(batch, row, ROW_KINDS.updateAfter);
    return false;
  }

  #keep(stateRow: number, reduced: unknown): void {
    refusePromise(reduced, "a reduce function");
    if (reduced === undefined)
      throw new TidemarkError("TM_RECORD", "a reduce function must return a record, it returned undefined");
    this.#accumulated.set(stateRow, reduced);
  }

  /** Writes what is kept for the key of a row, which is the row itself: all such rows of a batch have one layout. */
  #writeRow(
    records: StoredRecords,
    changes: ChangelogWriter,
    { row, rowKind }: { readonly row: number; readonly rowKind: number },
  ): void {
    const stateRow = this.#rows[row] as number;
    const layout = (this.#rowLayout ??= records.layout(stateRow) as RecordLayout);
    this.#makeRoom(changes, layout, { rows: 1, inputRow: row });
    changes.write(stateRow, row, rowKind);
  }

  /** Writes what is kept for the key of a row, by column if it can be. */
  #writeKept(batch: RecordBatch, row: number, rowKind: number): void {
    const stateRow = this.#rows[row] as number;
    const layout = this.#records?.layout(stateRow) ?? VALUE_LAYOUT;
    const changes = this.#changes;
    if (changes !== null && layout !== VALUE_LAYOUT) {
      this.#makeRoom(changes, layout, { rows: 1, inputRow: row });
      changes.write(stateRow, row, rowKind);
    } else {
      this.#changes?.flush();
      this.#writer.write(this.#accumulated.get(stateRow), { ...timesOf(batch, row, rowKind), tag: stateRow });
    }
  }

  #isFlat(layout: RecordLayout): boolean {
    if (layout !== this.#lastLayout) {
      this.#lastLayout = layout;
      this.#isLastFlat = isFlat(layout);
    }
    return this.#isLastFlat;
  }

  #makeRoom(
    changes: ChangelogWriter,
    layout: RecordLayout,
    { rows, inputRow }: { readonly rows: number; readonly inputRow: number },
  ): void {
    this.#writer.flush();
    if (this.#shortage > 0) this.#shortage--;
    if (changes.layout !== null && changes.layout !== layout && changes.length < ROWS_WANTED) {
      this.#shortage += ROWS_WANTED;
    }
    changes.reserve(layout, rows, inputRow);
  }

  /** A record of a key whose row is, or becomes, an object. */
  #onWholeRecord(batch: RecordBatch, row: number): void {
    this.#changes?.flush();
    this.#state.begin();
    this.#writer.begin();
    try {
      this.#updateWhole(batch, row);
    } catch (error) {
      this.#writer.rollback();
      this.#state.rollback();
      this.#fail(error, batch, row);
      return;
    }
    this.#state.commit();
    this.#writer.commit();
  }

  #updateWhole(batch: RecordBatch, row: number): void {
    const stateRow = this.#rows[row] as number;
    const accumulated = this.#accumulated.get(stateRow);
    if (accumulated === undefined) {
      const first = recordOf(batch, row);
      this.#accumulated.set(stateRow, first);
      this.#writer.write(first, { ...timesOf(batch, row, ROW_KINDS.insert), tag: stateRow });
      return;
    }
    this.#writer.write(accumulated, { ...timesOf(batch, row, ROW_KINDS.updateBefore), tag: stateRow });
    // Another copy: the one that was written shares its nested values with the batch.
    const reduced = this.#fn(this.#accumulated.get(stateRow), this.#view.at(row));
    this.#keep(stateRow, reduced);
    this.#writer.write(reduced, { ...timesOf(batch, row, ROW_KINDS.updateAfter), tag: stateRow });
  }

  #fail(error: unknown, batch: RecordBatch, row: number): void {
    rethrowInternal(error);
    const key = this.#state.keys.key(this.#rows[row] as number);
    this.#context.userError(error, { batch, row, key, doing: "reducing a record" });
  }
}

function timesOf(
  { timestamps, watermarks }: RecordBatch,
  row: number,
  rowKind: number,
): { timestamp: number; watermark: number; rowKind: number } {
  return { timestamp: timestamps[row] as number, watermark: watermarks[row] as number, rowKind };
}

/** A view of such a record cannot be told from a copy by reading it: nothing in it is nested, or is there and yet absent. */
function isFlat(layout: RecordLayout): boolean {
  return layout.fields.every(({ kind, optional }) => kind !== "json" && !optional);
}
