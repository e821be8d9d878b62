import type { AggregateFunction } from "../aggregate-function.ts";
import { accumulatorCodec } from "./accumulator-codec.ts";
import { numberInput } from "./checked-input.ts";
import { QuantileSketch, type PlainSketch } from "./quantile-sketch.ts";

/**
 * The q-quantile of numbers, 0 <= q <= 1, within 1 % of a value that has that rank: a mergeable sketch of some kilobytes
 * instead of the values. NaN if any value is NaN.
 */
export function quantileAggregate<In>(
  input: (record: In) => number,
  q: number,
): AggregateFunction<In, number, QuantileSketch, number> {
  return {
    kind: "quantile",
    parameters: { q },
    ...numberInput("quantile", input),
    words: null,
    live: true,
    create: () => QuantileSketch.none(),
    add(sketch, value) {
      sketch.add(value);
      return sketch;
    },
    merge(sketch, other) {
      sketch.merge(other);
      return sketch;
    },
    result: (sketch) => sketch.quantile(q),
    codec: accumulatorCodec<QuantileSketch>(
      "quantile/1",
      {
        encode: (sketch) => sketch.toPlain(),
        decode: (plain: PlainSketch) => QuantileSketch.fromPlain(plain),
      },
      {
        open: (words, at, length) => new QuantileSketch(words, at, length),
        read: (numbers, at, count) => QuantileSketch.read(numbers, at, count),
      },
    ),
    custom: false,
  };
}
