import type { AggregateFunction } from "../aggregate-function.ts";
import { accumulatorCodec } from "./accumulator-codec.ts";
import { frozen } from "../kept-value.ts";
import { keptInput } from "./checked-input.ts";

/**
 * The values of the first `max` records, in order of coming within a pane and pane by pane in time order; the values of
 * later records are left out. To see whether any were, count() beside it.
 */
export function collectAggregate<In, V>(
  input: (record: In) => V,
  max: number,
): AggregateFunction<In, V, V[], readonly V[]> {
  return {
    kind: "collect",
    parameters: { max },
    ...keptInput(input),
    words: null,
    live: true,
    create: () => [],
    add(values, value) {
      if (values.length < max) values.push(value);
      return values;
    },
    merge(values, other) {
      for (const value of other) {
        if (values.length >= max) break;
        values.push(value);
      }
      return values;
    },
    result: (values) => [...values],
    codec: accumulatorCodec<V[]>(
      "collect/1",
      {
        encode: (values) => values,
        decode: (plain: V[]) => plain.map(frozen),
      },
      null,
    ),
    custom: false,
  };
}
