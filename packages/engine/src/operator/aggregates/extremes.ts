import type { AccumulatorWords, AggregateFunction } from "../aggregate-function.ts";
import { plainAccumulator } from "./accumulator-codec.ts";
import { numberInput } from "./checked-input.ts";

/**
 * Least number; NaN if any value is NaN, and -0 is less than 0. Of no records it would be Infinity, which nobody sees: a window
 * and a row of a table exist only with records.
 */
export function minAggregate<In>(input: (record: In) => number): AggregateFunction<In, number, number, number> {
  return extreme("min", Number.POSITIVE_INFINITY, Math.min, input);
}

/** Greatest number; NaN if any value is NaN, and 0 is greater than -0. Of no records: see {@link minAggregate}. */
export function maxAggregate<In>(input: (record: In) => number): AggregateFunction<In, number, number, number> {
  return extreme("max", Number.NEGATIVE_INFINITY, Math.max, input);
}

function extreme<In>(
  kind: "min" | "max",
  neutral: number,
  choose: (a: number, b: number) => number,
  input: (record: In) => number,
): AggregateFunction<In, number, number, number> {
  return {
    kind,
    parameters: {},
    ...numberInput(kind, input),
    words: WORDS[kind],
    live: false,
    create: () => neutral,
    add: (extreme, value) => choose(extreme, value),
    merge: (extreme, other) => choose(extreme, other),
    result: (extreme) => extreme,
    codec: plainAccumulator(`${kind}/1`),
    custom: false,
  };
}

/** Written out for each: a loop calls one of them, and only as a call of its own can Math.min be in line. */
const WORDS: Readonly<Record<"min" | "max", AccumulatorWords>> = {
  min: {
    fields: [{ name: "min", initial: Number.POSITIVE_INFINITY }],
    add(words, at, value) {
      words[at] = Math.min(words[at] as number, value);
    },
    merge(words, at, others, from) {
      words[at] = Math.min(words[at] as number, others[from] as number);
    },
    result: (words, at) => words[at] as number,
    fold: (word, value) => Math.min(word, value),
  },
  max: {
    fields: [{ name: "max", initial: Number.NEGATIVE_INFINITY }],
    add(words, at, value) {
      words[at] = Math.max(words[at] as number, value);
    },
    merge(words, at, others, from) {
      words[at] = Math.max(words[at] as number, others[from] as number);
    },
    result: (words, at) => words[at] as number,
    fold: (word, value) => Math.max(word, value),
  },
};
