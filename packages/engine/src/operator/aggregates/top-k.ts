import type { AggregateFunction } from "../aggregate-function.ts";
import { accumulatorCodec } from "./accumulator-codec.ts";
import { keyInput } from "./checked-input.ts";
import { mostFrequent, type Counted } from "./most-frequent.ts";
import { NumberCounts } from "./number-counts.ts";

/** Records per distinct value; a Map once a value is no number. It tells values apart as keys are: -0 is 0, NaN is one value, 1 is not 1n. */
type Counts = NumberCounts | Map<unknown, number>;

/**
 * The `k` most frequent values (strings, numbers, bigints, booleans) with their counts, most frequent first, ties in order of
 * value. Exact: keeps a count per distinct value.
 */
export function topKAggregate<In, V>(
  k: number,
  input: (record: In) => V,
): AggregateFunction<In, V, Counts, readonly Counted<V>[]> {
  return {
    kind: "topK",
    parameters: { k },
    ...keyInput("topK", input, { tuples: false }),
    words: null,
    live: true,
    create: () => NumberCounts.none(),
    add(counts, value) {
      if (counts instanceof NumberCounts && typeof value === "number") {
        counts.add(value, 1);
        return counts;
      }
      const map = mapOf(counts);
      return map.set(value, (map.get(value) ?? 0) + 1);
    },
    merge(counts, other) {
      if (counts instanceof NumberCounts && other instanceof NumberCounts) {
        counts.addAll(other);
        return counts;
      }
      const map = mapOf(counts);
      eachOf(other, (value, count) => map.set(value, (map.get(value) ?? 0) + count));
      return map;
    },
    result: (counts) =>
      mostFrequent<unknown>(k, (visit) => {
        eachOf(counts, visit);
      }) as Counted<V>[],
    codec: accumulatorCodec<Counts>(
      "topK/1",
      {
        encode: (counts) => [...mapOf(counts)],
        decode: (plain: [unknown, number][]) => fromPlain(plain),
      },
      {
        open: (words, at, length) => new NumberCounts(words, at, length),
        read: (numbers, at, count) => NumberCounts.ofPairs(numbers, at, count),
      },
    ),
    custom: false,
  };
}

function eachOf(counts: Counts, visit: (value: unknown, count: number) => void): void {
  if (counts instanceof NumberCounts) counts.forEach(visit);
  else for (const [value, count] of counts) visit(value, count);
}

/** The counts as a Map: those of a Map are that one. */
function mapOf(counts: Counts): Map<unknown, number> {
  if (!(counts instanceof NumberCounts)) return counts;
  const map = new Map<unknown, number>();
  counts.forEach((value, count) => map.set(value, count));
  return map;
}

function fromPlain(plain: readonly [unknown, number][]): Counts {
  if (!plain.every(([value]) => typeof value === "number")) return new Map(plain);
  const counts = NumberCounts.none();
  for (const [value, count] of plain) counts.add(value as number, count);
  return counts;
}
