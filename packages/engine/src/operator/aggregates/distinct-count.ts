import { encodeKey } from "../../record/key-codec.ts";
import type { Key, KeyPart } from "../../record/key-column.ts";
import type { AggregateFunction } from "../aggregate-function.ts";
import { accumulatorCodec } from "./accumulator-codec.ts";
import { keyInput } from "./checked-input.ts";
import { DistinctNumbers } from "./distinct-numbers.ts";

/**
 * Distinct values that are not all numbers. Sets tell them apart as canonical key bytes do: -0 is 0, NaN is one value, 1 is not 1n. Tuples are
 * kept as those bytes, a character each.
 */
class DistinctValues {
  readonly single: Set<KeyPart> = new Set();
  readonly tuples: Set<string> = new Set();

  get size(): number {
    return this.single.size + this.tuples.size;
  }

  add(value: Key): void {
    if (typeof value === "object") this.tuples.add(byteString(encodeKey(value)));
    else this.single.add(value);
  }

  /** Adds those of another, which stays as it is. */
  addAll(other: Distinct): void {
    if (other instanceof DistinctNumbers) {
      for (const value of other.values()) this.single.add(value);
      return;
    }
    for (const value of other.single) this.single.add(value);
    for (const bytes of other.tuples) this.tuples.add(bytes);
  }
}

type Distinct = DistinctNumbers | DistinctValues;

/** What is stored of values that are not flat. */
interface PlainDistinct {
  readonly single: readonly KeyPart[];
  readonly tuples: readonly string[];
}

/** Number of distinct values, told apart as keys are. Exact: keeps every distinct value. */
export function distinctCountAggregate<In>(input: (record: In) => Key): AggregateFunction<In, Key, Distinct, number> {
  return {
    kind: "distinctCount",
    parameters: {},
    ...keyInput("distinctCount", input, { tuples: true }),
    words: null,
    live: true,
    create: () => DistinctNumbers.none(),
    add(distinct, value) {
      if (distinct instanceof DistinctNumbers) {
        if (typeof value === "number") {
          distinct.add(value);
          return distinct;
        }
        const values = valuesOf(distinct);
        values.add(value);
        return values;
      }
      distinct.add(value);
      return distinct;
    },
    merge(distinct, other) {
      if (!(distinct instanceof DistinctNumbers)) distinct.addAll(other);
      else if (other instanceof DistinctNumbers) distinct.addAll(other);
      else return mergedValues(distinct, other);
      return distinct;
    },
    result: ({ size }) => size,
    codec: accumulatorCodec<Distinct>(
      "distinctCount/2",
      { encode: (distinct) => plainOf(distinct), decode: (plain: PlainDistinct) => fromPlain(plain) },
      {
        open: (words, at, length) => new DistinctNumbers(words, at, length),
        read: (numbers, at, count) => DistinctNumbers.of(numbers, at, count),
      },
    ),
    custom: false,
  };
}

function valuesOf(distinct: Distinct): DistinctValues {
  const values = new DistinctValues();
  values.addAll(distinct);
  return values;
}

function mergedValues(numbers: DistinctNumbers, other: DistinctValues): DistinctValues {
  const values = valuesOf(numbers);
  values.addAll(other);
  return values;
}

function plainOf(distinct: Distinct): PlainDistinct {
  const { single, tuples } = distinct instanceof DistinctNumbers ? valuesOf(distinct) : distinct;
  return { single: [...single], tuples: [...tuples] };
}

function fromPlain({ single, tuples }: PlainDistinct): Distinct {
  if (tuples.length === 0 && single.every((value) => typeof value === "number")) {
    return DistinctNumbers.of(Float64Array.from(single), 0, single.length);
  }
  const values = new DistinctValues();
  for (const value of single) values.single.add(value);
  for (const bytes of tuples) values.tuples.add(bytes);
  return values;
}

function byteString(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
