import type { StateCodec } from "../state/state-codec.ts";

/**
 * A mergeable aggregate over records. `input` picks the value of a record (user code); the other functions are the
 * engine's, but for custom aggregates. `add` and `merge` may change their first argument and return it. Order of
 * merging is the order of panes in time. `time` is the record's event time.
 */
export interface AggregateFunction<In = never, Value = unknown, Accumulator = unknown, Result = unknown> {
  /** "count", "sum", …; "custom" for the user's own. */
  readonly kind: string;
  /** What tells two aggregates of one kind apart, such as { k: 3 } of topK; {} where the kind has no parameters. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Null: the aggregate needs no value (count). */
  readonly input: ((record: In) => Value) | null;
  /** `input` in its parts, for loops that have the user's function in line; null where `input` is. */
  readonly selector: Selector | null;
  /** The accumulator as numbers in place, which means the same as the functions below; null where it has no such form. */
  readonly words: AccumulatorWords | null;
  /**
   * Of an accumulator without words. True: it may be large, so it stays decoded while it is in use. False: it is decoded and encoded each
   * time, and may be undone by a journal.
   */
  readonly live: boolean;
  create(): Accumulator;
  add(accumulator: Accumulator, value: Value, time: number): Accumulator;
  merge(accumulator: Accumulator, other: Accumulator): Accumulator;
  result(accumulator: Accumulator): Result;
  /** How the accumulator is stored. */
  readonly codec: StateCodec;
  /** True where add/merge/result are user code, whose throws belong to the user and whose accumulators are kept by copy. */
  readonly custom: boolean;
}

/** How the value of a record comes about. */
export interface Selector {
  /** The user's function; null: the value is the record itself. */
  readonly read: ((record: never) => unknown) | null;
  /** True: a number that is finite or NaN is taken as it is, and `accept` throws for everything else. */
  readonly isNumber: boolean;
  /** The value that is added for what was read; throws what is the user's error. */
  accept(read: unknown): unknown;
}

/**
 * An accumulator that is some numbers, in `words` from index `at` on. A window is merged from its panes in order of time: the earliest is
 * copied, the others are merged into the copy.
 */
export interface AccumulatorWords {
  readonly fields: readonly { readonly name: string; readonly initial: number }[];
  add(words: Float64Array, at: number, value: number): void;
  /** Merges what is at `from` of `others` into what is at `at` of `words`. */
  merge(words: Float64Array, at: number, others: Float64Array, from: number): void;
  result(words: Float64Array, at: number): number;
  /**
   * Only where the accumulator is one word that is also its result: the word that `add` would leave. A loop that has it in line holds words in
   * registers, where `add` and `result` go through memory each time.
   */
  fold?(word: number, value: number): number;
}
