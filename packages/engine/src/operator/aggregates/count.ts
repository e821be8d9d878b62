import type { AggregateFunction } from "../aggregate-function.ts";
import { plainAccumulator } from "./accumulator-codec.ts";

/** Number of records. */
export function countAggregate(): AggregateFunction<unknown, unknown, number, number> {
  return {
    kind: "count",
    parameters: {},
    input: null,
    selector: null,
    words: {
      fields: [{ name: "count", initial: 0 }],
      add(words, at) {
        words[at] = (words[at] as number) + 1;
      },
      merge(words, at, others, from) {
        words[at] = (words[at] as number) + (others[from] as number);
      },
      result: (words, at) => words[at] as number,
      fold: (word) => word + 1,
    },
    live: false,
    create: () => 0,
    add: (count) => count + 1,
    merge: (count, other) => count + other,
    result: (count) => count,
    codec: plainAccumulator("count/1"),
    custom: false,
  };
}
