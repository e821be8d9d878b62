import type { AggregateFunction } from "../aggregate-function.ts";
import { plainAccumulator } from "./accumulator-codec.ts";
import { numberInput } from "./checked-input.ts";

/**
 * Sum of numbers, added in order of coming within a pane and then pane by pane in time order. The sum of fractions depends on
 * that order in its last bits, as any floating-point sum. NaN if any value is NaN.
 */
export function sumAggregate<In>(input: (record: In) => number): AggregateFunction<In, number, number, number> {
  return {
    kind: "sum",
    parameters: {},
    ...numberInput("sum", input),
    words: {
      fields: [{ name: "sum", initial: 0 }],
      add(words, at, value) {
        words[at] = (words[at] as number) + value;
      },
      merge(words, at, others, from) {
        // From 0 on, as `merge` below begins: only then is the sum of -0 and -0 not -0.
        words[at] = 0 + (words[at] as number) + (others[from] as number);
      },
      result: (words, at) => words[at] as number,
      fold: (word, value) => word + value,
    },
    live: false,
    create: () => 0,
    add: (sum, value) => sum + value,
    merge: (sum, other) => sum + other,
    result: (sum) => sum,
    codec: plainAccumulator("sum/1"),
    custom: false,
  };
}
