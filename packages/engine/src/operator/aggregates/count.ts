import type { AggregateFunction } from "../aggregate-function.ts";
import { plainAccumulator } from "./accumulator-codec.ts";

/** Number of records. */
export function countAggregate(): AggregateFunction<unknown, unknown, number, number> {
  return {
    kind: "count",
    parameters: {},
    input: null,
    create: () => 0,
    add: (count) => count + 1,
    merge: (count, other) => count + other,
    result: (count) => count,
    codec: plainAccumulator("count/1"),
    custom: false,
  };
}
