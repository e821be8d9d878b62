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
    input: numberInput("sum", input),
    create: () => 0,
    add: (sum, value) => sum + value,
    merge: (sum, other) => sum + other,
    result: (sum) => sum,
    codec: plainAccumulator("sum/1"),
    custom: false,
  };
}
