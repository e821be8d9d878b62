import type { AggregateFunction } from "../aggregate-function.ts";
import { plainAccumulator } from "./accumulator-codec.ts";
import { numberInput } from "./checked-input.ts";

export interface MeanAccumulator {
  count: number;
  sum: number;
}

/** Arithmetic mean: the sum (see sumAggregate for its order) divided by the count. NaN if any value is NaN. */
export function meanAggregate<In>(
  input: (record: In) => number,
): AggregateFunction<In, number, MeanAccumulator, number> {
  return {
    kind: "mean",
    parameters: {},
    input: numberInput("mean", input),
    create: () => ({ count: 0, sum: 0 }),
    add(accumulator, value) {
      accumulator.count++;
      accumulator.sum += value;
      return accumulator;
    },
    merge(accumulator, other) {
      accumulator.count += other.count;
      accumulator.sum += other.sum;
      return accumulator;
    },
    result: ({ count, sum }) => sum / count,
    codec: plainAccumulator("mean/1"),
    custom: false,
  };
}
