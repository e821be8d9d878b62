import type { KeyedState } from "../state/state-backend.ts";
import type { CompiledAggregates } from "./compiled-aggregates.ts";
import type { OperatorContext } from "./operator.ts";
import { ResultWriter } from "./result-writer.ts";
import { FIRST, LAST, PENDING, REVISION, type Session } from "./session-fields.ts";
import { rethrowInternal } from "./user-failure.ts";

const SLOT_ZERO = new Int32Array(1);

export interface SessionResultsOptions {
  readonly aggregates: CompiledAggregates;
  readonly state: KeyedState;
  readonly gapMs: number;
}

/** Writes the results of sessions, one by one. */
export class SessionResults {
  readonly #context: OperatorContext;
  readonly #options: SessionResultsOptions;
  readonly #writer: ResultWriter;
  readonly #numbers: readonly Float64Array[];
  readonly #slot: Int32Array = new Int32Array(1);

  constructor(context: OperatorContext, options: SessionResultsOptions) {
    this.#context = context;
    this.#options = options;
    this.#writer = new ResultWriter(context.output);
    this.#numbers = options.aggregates.members.map(() => new Float64Array(1));
  }

  begin(): void {
    this.#writer.begin();
  }

  commit(): void {
    this.#writer.commit();
  }

  rollback(): void {
    this.#writer.rollback();
  }

  flush(): void {
    this.#writer.flush();
  }

  watermark(watermark: number): void {
    this.#writer.watermark(watermark);
  }

  /** Writes the result of a session whose time has come. It is not pending any more, also if the user's aggregate fails. */
  fire(row: number, session: Session): void {
    const { words } = session;
    const end = (words[LAST] as number) + this.#options.gapMs;
    this.begin();
    try {
      // Comes before its own time passes downstream, and after everything before it: see README.
      this.write(row, session, end - 2);
    } catch (error) {
      this.rollback();
      words[PENDING] = 0;
      rethrowInternal(error);
      const key = this.#options.state.keys.key(row);
      this.#context.userError(error, { batch: null, row: -1, key, doing: "computing a window's result" });
      return;
    }
    this.commit();
  }

  /** Writes the result of a session that is numbers in a slot, and is then dropped. */
  fireSlot(row: number, words: Float64Array, at: number): void {
    const { aggregates, state, gapMs } = this.#options;
    const numbers = this.#numbers;
    const end = (words[at + LAST] as number) + gapMs;
    const window = Object.freeze({ start: words[at + FIRST] as number, end });
    const record: Record<string, unknown> = { key: state.keys.key(row), window, revision: words[at + REVISION] };
    this.#slot[0] = at;
    aggregates.results(words, this.#slot, 1, numbers, 0);
    const { names } = aggregates;
    for (let i = 0; i < names.length; i++) record[names[i] as string] = (numbers[i] as Float64Array)[0];
    this.#writer.write(record, { timestamp: end - 1, watermark: end - 2 });
  }

  /** Writes a session's result; it is not pending any more, and its next result is the next revision. Throws what the user's aggregate throws. */
  write(row: number, { words, values }: Session, watermark: number): void {
    const { aggregates, state, gapMs } = this.#options;
    const end = (words[LAST] as number) + gapMs;
    const window = Object.freeze({ start: words[FIRST] as number, end });
    const revision = words[REVISION] as number;
    const record: Record<string, unknown> = { key: state.keys.key(row), window, revision };
    aggregates.results(words, SLOT_ZERO, 1, this.#numbers, 0);
    for (const { name, index, place, aggregate } of aggregates.members) {
      record[name] =
        place === "words"
          ? (this.#numbers[index] as Float64Array)[0]
          : aggregate.result(values[index] ?? aggregate.create());
    }
    this.#writer.write(record, { timestamp: end - 1, watermark });
    words[PENDING] = 0;
    words[REVISION] = revision + 1;
  }
}
