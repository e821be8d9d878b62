import type { AggregateFunction } from "../aggregate-function.ts";
import { accumulatorCodec } from "./accumulator-codec.ts";
import { frozen } from "../kept-value.ts";
import { keptInput } from "./checked-input.ts";
import { NumberList } from "./number-list.ts";

/** An array once a value is no number. */
type Collected = NumberList | unknown[];

/**
 * The values of the first `max` records, in order of coming within a pane and pane by pane in time order; the values of
 * later records are left out. To see whether any were, count() beside it.
 */
export function collectAggregate<In, V>(
  input: (record: In) => V,
  max: number,
): AggregateFunction<In, V, Collected, readonly V[]> {
  const add = (values: Collected, value: unknown): Collected => {
    if (!(values instanceof NumberList)) {
      if (values.length < max) values.push(value);
      return values;
    }
    if (values.numbers() >= max) return values;
    if (typeof value !== "number") return [...values.toArray(), value];
    values.push(value, max);
    return values;
  };
  return {
    kind: "collect",
    parameters: { max },
    ...keptInput(input),
    words: null,
    live: true,
    create: () => NumberList.none(),
    add,
    merge: (values, other) => arrayOf(other).reduce<Collected>(add, values),
    result: (values) => [...arrayOf(values)] as V[],
    codec: accumulatorCodec<Collected>(
      "collect/1",
      {
        encode: arrayOf,
        decode: (plain: unknown[]) =>
          plain.every((value) => typeof value === "number") ? NumberList.of(plain, 0, plain.length) : plain.map(frozen),
      },
      {
        open: (words, at, length) => new NumberList(words, at, length),
        read: (numbers, at, count) => NumberList.of(numbers, at, count),
      },
    ),
    custom: false,
  };
}

/** The values as an array: those of an array are that one. */
function arrayOf(values: Collected): unknown[] {
  return values instanceof NumberList ? values.toArray() : values;
}
