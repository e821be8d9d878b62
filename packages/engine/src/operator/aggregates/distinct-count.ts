import { encodeKey } from "../../record/key-codec.ts";
import type { Key, KeyPart } from "../../record/key-column.ts";
import type { AggregateFunction } from "../aggregate-function.ts";
import { accumulatorCodec } from "./accumulator-codec.ts";
import { keyInput } from "./checked-input.ts";
import { DistinctParts } from "./distinct-parts.ts";

/** Distinct values; tuples are kept as their canonical key bytes, a character each, null while there is none. */
interface Distinct {
  readonly single: DistinctParts;
  tuples: Set<string> | null;
}

/** Number of distinct values, told apart as keys are. Exact: keeps every distinct value. */
export function distinctCountAggregate<In>(input: (record: In) => Key): AggregateFunction<In, Key, Distinct, number> {
  return {
    kind: "distinctCount",
    parameters: {},
    ...keyInput("distinctCount", input, { tuples: true }),
    words: null,
    live: true,
    create: () => ({ single: new DistinctParts(), tuples: null }),
    add(distinct, value) {
      if (typeof value === "object") (distinct.tuples ??= new Set()).add(byteString(encodeKey(value)));
      else distinct.single.add(value);
      return distinct;
    },
    merge(distinct, other) {
      for (const value of other.single.values()) distinct.single.add(value);
      if (other.tuples !== null) {
        const tuples = (distinct.tuples ??= new Set());
        for (const bytes of other.tuples) tuples.add(bytes);
      }
      return distinct;
    },
    result: ({ single, tuples }) => single.size + (tuples === null ? 0 : tuples.size),
    codec: accumulatorCodec<Distinct>(
      "distinctCount/2",
      {
        encode: ({ single, tuples }) => ({ single: [...single.values()], tuples: tuples === null ? [] : [...tuples] }),
        decode: (plain: { single: KeyPart[]; tuples: string[] }) => {
          const single = new DistinctParts();
          for (const value of plain.single) single.add(value);
          return { single, tuples: plain.tuples.length === 0 ? null : new Set(plain.tuples) };
        },
      },
      {
        count: ({ single, tuples }) => (tuples === null && single.isNumbers ? single.size : -1),
        write: ({ single }, into, at) => single.write(into, at),
        read: (numbers, at, count) => ({ single: DistinctParts.ofNumbers(numbers, at, count), tuples: null }),
      },
    ),
    custom: false,
  };
}

function byteString(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
