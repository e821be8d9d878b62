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
  create(): Accumulator;
  add(accumulator: Accumulator, value: Value, time: number): Accumulator;
  merge(accumulator: Accumulator, other: Accumulator): Accumulator;
  result(accumulator: Accumulator): Result;
  /** How the accumulator is stored. */
  readonly codec: StateCodec;
  /** True where add/merge/result are user code, whose throws belong to the user and whose accumulators are kept by copy. */
  readonly custom: boolean;
}
