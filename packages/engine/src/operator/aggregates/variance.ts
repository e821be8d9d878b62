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
    ...numberInput("variance", input),
    words: {
      fields: [
        { name: "count", initial: 0 },
        { name: "mean", initial: 0 },
        { name: "squares", initial: 0 },
      ],
      add(words, at, value) {
        const count = (words[at] as number) + 1;
        const distance = value - (words[at + 1] as number);
        const mean = (words[at + 1] as number) + distance / count;
        words[at] = count;
        words[at + 1] = mean;
        words[at + 2] = (words[at + 2] as number) + distance * (value - mean);
      },
      merge: mergeWords,
      result: (words, at) => (words[at + 2] as number) / (words[at] as number),
    },
    live: false,
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

function mergeWords(words: Float64Array, at: number, others: Float64Array, from: number): void {
  const otherCount = others[from] as number;
  if (otherCount === 0) return;
  const count = words[at] as number;
  if (count === 0) {
    for (let i = 0; i < 3; i++) words[at + i] = others[from + i] as number;
    return;
  }
  const all = count + otherCount;
  const distance = (others[from + 1] as number) - (words[at + 1] as number);
  words[at + 1] = (words[at + 1] as number) + (distance * otherCount) / all;
  words[at + 2] =
    (words[at + 2] as number) + ((others[from + 2] as number) + (distance * distance * count * otherCount) / all);
  words[at] = all;
}
