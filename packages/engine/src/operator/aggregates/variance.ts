import type { AggregateFunction } from "../aggregate-function.ts";
import { plainAccumulator } from "./accumulator-codec.ts";
import { numberInput } from "./checked-input.ts";

export interface VarianceAccumulator {
  count: number;
  mean: number;
  /** Sum of squared distances from the mean. */
  squares: number;
}

/**
 * Population variance: the mean squared distance from the mean, 0 for one value, NaN if any value is NaN. Welford's update,
 * merged after Chan, Golub and LeVeque (1979), so that values far from zero lose no precision.
 */
export function varianceAggregate<In>(
  input: (record: In) => number,
): AggregateFunction<In, number, VarianceAccumulator, number> {
  return {
    kind: "variance",
    parameters: {},
    input: numberInput("variance", input),
    create: () => ({ count: 0, mean: 0, squares: 0 }),
    add(accumulator, value) {
      accumulator.count++;
      const distance = value - accumulator.mean;
      accumulator.mean += distance / accumulator.count;
      accumulator.squares += distance * (value - accumulator.mean);
      return accumulator;
    },
    merge(accumulator, other) {
      if (other.count === 0) return accumulator;
      // Not through the formula, whose division need not give back the same mean.
      if (accumulator.count === 0) return { ...other };
      const count = accumulator.count + other.count;
      const distance = other.mean - accumulator.mean;
      accumulator.mean += (distance * other.count) / count;
      accumulator.squares += other.squares + (distance * distance * accumulator.count * other.count) / count;
      accumulator.count = count;
      return accumulator;
    },
    result: ({ count, squares }) => squares / count,
    codec: plainAccumulator("variance/1"),
    custom: false,
  };
}
