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
    ...numberInput("mean", input),
    words: {
      fields: [
        { name: "count", initial: 0 },
        { name: "sum", initial: 0 },
      ],
      add(words, at, value) {
        words[at] = (words[at] as number) + 1;
        words[at + 1] = (words[at + 1] as number) + value;
      },
      merge(words, at, others, from) {
        words[at] = (words[at] as number) + (others[from] as number);
        words[at + 1] = 0 + (words[at + 1] as number) + (others[from + 1] as number);
      },
      result: (words, at) => (words[at + 1] as number) / (words[at] as number),
    },
    live: false,
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
