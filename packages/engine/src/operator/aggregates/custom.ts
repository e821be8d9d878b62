import type { AggregateFunction } from "../aggregate-function.ts";
import { plainAccumulator } from "./accumulator-codec.ts";
import { plainInput } from "./checked-input.ts";

/** A user's own aggregate; the accumulator is plain data. */
export interface CustomAggregateSpec<In, Value, Accumulator, Result> {
  create(): Accumulator;
  add(accumulator: Accumulator, value: Value, time: number): Accumulator;
  merge(accumulator: Accumulator, other: Accumulator): Accumulator;
  result(accumulator: Accumulator): Result;
  /** Picks the value that `add` gets; without it `add` gets the record view itself. */
  readonly input?: (record: In) => Value;
}

/**
 * Runs a user's aggregate. Its accumulator is handed to it as a copy and kept as a copy, so what a throwing `add` did to it is
 * undone.
 */
export function customAggregate<In, Accumulator, Result, Value = In>(
  spec: CustomAggregateSpec<In, Value, Accumulator, Result>,
): AggregateFunction<In, Value, Accumulator, Result> {
  return {
    kind: "custom",
    parameters: {},
    ...plainInput(spec.input ?? null),
    words: null,
    live: false,
    create: () => spec.create(),
    add: (accumulator, value, time) => spec.add(accumulator, value, time),
    merge: (accumulator, other) => spec.merge(accumulator, other),
    result: (accumulator) => spec.result(accumulator),
    codec: plainAccumulator("custom/1"),
    custom: true,
  };
}
