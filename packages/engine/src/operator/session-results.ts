import { BATCH_ROWS_MAX } from "../record/batch.ts";
import type { KeyedState } from "../state/state-backend.ts";
import type { CompiledAggregates, CompiledMember } from "./compiled-aggregates.ts";
import type { OperatorContext } from "./operator.ts";
import { ResultColumns } from "./result-columns.ts";
import { FIRST, LAST, PENDING, REVISION, type Session } from "./session-fields.ts";
import { rethrowInternal } from "./user-failure.ts";
import type { Window } from "./window-spec.ts";

export interface SessionResultsOptions {
  readonly aggregates: CompiledAggregates;
  readonly state: KeyedState;
  readonly gapMs: number;
}

/** A session's results of the aggregates without words, by aggregate. */
export type SessionValues = readonly unknown[];

/** Results of sessions: collected one by one, written as columns. Keys are looked up when they are, so `flush` comes before rows are released. */
export class SessionResults {
  readonly #context: OperatorContext;
  readonly #options: SessionResultsOptions;
  readonly #columns: ResultColumns;
  readonly #valueMembers: readonly CompiledMember[];
  readonly #slot: Int32Array = new Int32Array(1);
  /** Of each result that is collected. */
  readonly #stateRows = new Int32Array(BATCH_ROWS_MAX);
  #windows: Window[] = [];
  readonly #revisions = new Float64Array(BATCH_ROWS_MAX);
  readonly #timestamps = new Float64Array(BATCH_ROWS_MAX);
  readonly #watermarks = new Float64Array(BATCH_ROWS_MAX);
  /** By aggregate. */
  readonly #numbers: readonly (Float64Array | null)[];
  readonly #values: readonly (unknown[] | null)[];
  #length = 0;

  constructor(context: OperatorContext, options: SessionResultsOptions) {
    const { aggregates, state } = options;
    this.#context = context;
    this.#options = options;
    this.#columns = new ResultColumns(context.output, { aggregates, keys: state.keys, of: "windows" });
    this.#valueMembers = aggregates.members.filter(({ place }) => place !== "words");
    this.#numbers = aggregates.members.map(({ place }) =>
      place === "words" ? new Float64Array(BATCH_ROWS_MAX) : null,
    );
    this.#values = aggregates.members.map(({ place }) => (place === "words" ? null : []));
  }

  flush(): void {
    this.#hand();
    this.#columns.flush();
  }

  watermark(watermark: number): void {
    this.#hand();
    this.#columns.watermark(watermark);
  }

  /** Gives the result of a session whose time has come. It is not pending any more, also if the user's aggregate fails. */
  fire(row: number, session: Session): void {
    const { words } = session;
    let values: SessionValues;
    try {
      values = this.valuesOf(session);
    } catch (error) {
      words[PENDING] = 0;
      rethrowInternal(error);
      const key = this.#options.state.keys.key(row);
      this.#context.userError(error, { batch: null, row: -1, key, doing: "computing a window's result" });
      return;
    }
    this.write(row, session, { values, watermark: this.#watermarkOf(words, 0) });
  }

  /** Gives the result of a session that is numbers in a slot, and is then dropped. */
  fireSlot(row: number, words: Float64Array, at: number): void {
    this.#append(row, words, { at, watermark: this.#watermarkOf(words, at) });
  }

  /** Results of the aggregates without words; throws what a user's aggregate throws. */
  valuesOf({ values }: Session): SessionValues {
    const results: unknown[] = [];
    for (const { index, aggregate } of this.#valueMembers)
      results[index] = aggregate.result(values[index] ?? aggregate.create());
    return results;
  }

  /** Gives a session's result; it is not pending any more, and its next result is the next revision. */
  write(row: number, { words }: Session, result: { readonly values: SessionValues; readonly watermark: number }): void {
    const { values, watermark } = result;
    for (const { index } of this.#valueMembers) (this.#values[index] as unknown[])[this.#length] = values[index];
    this.#append(row, words, { at: 0, watermark });
    words[PENDING] = 0;
    words[REVISION] = (words[REVISION] as number) + 1;
  }

  /** A result that is due comes before its own time passes downstream, and after everything before it: see README. */
  #watermarkOf(words: Float64Array, at: number): number {
    return (words[at + LAST] as number) + this.#options.gapMs - 2;
  }

  #append(row: number, words: Float64Array, { at, watermark }: { at: number; watermark: number }): void {
    const i = this.#length++;
    const end = (words[at + LAST] as number) + this.#options.gapMs;
    this.#stateRows[i] = row;
    this.#windows.push(Object.freeze({ start: words[at + FIRST] as number, end }));
    this.#revisions[i] = words[at + REVISION] as number;
    this.#timestamps[i] = end - 1;
    this.#watermarks[i] = watermark;
    this.#slot[0] = at;
    this.#options.aggregates.results(words, this.#slot, 1, this.#numbers, i);
    if (this.#length === BATCH_ROWS_MAX) this.#hand();
  }

  #hand(): void {
    const length = this.#length;
    if (length === 0) return;
    const windows = this.#windows;
    this.#length = 0;
    this.#windows = [];
    this.#columns.appendEach(
      { length, stateRows: this.#stateRows, numbers: this.#numbers, values: this.#values },
      { windows, revisions: this.#revisions, timestamps: this.#timestamps, watermarks: this.#watermarks },
    );
    for (const values of this.#values) if (values !== null) values.length = 0;
  }
}
