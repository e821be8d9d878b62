import type { AggregateFunction } from "../aggregate-function.ts";
import { accumulatorCodec } from "./accumulator-codec.ts";
import { keyInput } from "./checked-input.ts";

/** Records per distinct value, in order of coming. A Map tells values apart as keys are: -0 is 0, NaN is one value, 1 is not 1n. */
type Counts<V> = Map<V, number>;

/**
 * The `k` most frequent values (strings, numbers, bigints, booleans) with their counts, most frequent first, ties in order of
 * value. Exact: keeps a count per distinct value.
 */
export function topKAggregate<In, V>(
  k: number,
  input: (record: In) => V,
): AggregateFunction<In, V, Counts<V>, readonly { readonly value: V; readonly count: number }[]> {
  return {
    kind: "topK",
    parameters: { k },
    ...keyInput("topK", input, { tuples: false }),
    words: null,
    live: true,
    create: () => new Map(),
    add: (counts, value) => counts.set(value, (counts.get(value) ?? 0) + 1),
    merge(counts, other) {
      for (const [value, count] of other) counts.set(value, (counts.get(value) ?? 0) + count);
      return counts;
    },
    result: (counts) =>
      Array.from(counts, ([value, count]) => ({ value, count }))
        .sort((a, b) => b.count - a.count || compareValues(a.value, b.value))
        .slice(0, k),
    codec: accumulatorCodec<Counts<V>>(
      "topK/1",
      {
        encode: (counts) => [...counts],
        decode: (plain: [V, number][]) => new Map(plain),
      },
      null,
    ),
    custom: false,
  };
}

const TYPE_ORDER: readonly string[] = ["boolean", "number", "bigint", "string"];

/** Booleans, numbers (NaN last), bigints, strings by code unit. */
function compareValues(a: unknown, b: unknown): number {
  const byType = TYPE_ORDER.indexOf(typeof a) - TYPE_ORDER.indexOf(typeof b);
  if (byType !== 0) return byType;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
