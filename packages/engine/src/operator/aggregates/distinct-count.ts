import { encodeKey } from "../../record/key-codec.ts";
import type { Key, KeyPart } from "../../record/key-column.ts";
import type { AggregateFunction } from "../aggregate-function.ts";
import { accumulatorCodec } from "./accumulator-codec.ts";
import { keyInput } from "./checked-input.ts";

/** Distinct values. A Set tells single ones apart as canonical key bytes do; tuples are kept as those bytes, a character each. */
interface Distinct {
  readonly single: Set<KeyPart>;
  readonly tuples: Set<string>;
}

/** Number of distinct values, told apart as keys are. Exact: keeps every distinct value. */
export function distinctCountAggregate<In>(input: (record: In) => Key): AggregateFunction<In, Key, Distinct, number> {
  return {
    kind: "distinctCount",
    parameters: {},
    ...keyInput("distinctCount", input, { tuples: true }),
    words: null,
    live: true,
    create: () => ({ single: new Set(), tuples: new Set() }),
    add(distinct, value) {
      if (typeof value === "object") distinct.tuples.add(byteString(encodeKey(value)));
      else distinct.single.add(value);
      return distinct;
    },
    merge(distinct, other) {
      for (const value of other.single) distinct.single.add(value);
      for (const bytes of other.tuples) distinct.tuples.add(bytes);
      return distinct;
    },
    result: ({ single, tuples }) => single.size + tuples.size,
    codec: accumulatorCodec<Distinct>("distinctCount/1", {
      encode: ({ single, tuples }) => ({ single: [...single], tuples: [...tuples] }),
      decode: (plain: { single: KeyPart[]; tuples: string[] }) => ({
        single: new Set(plain.single),
        tuples: new Set(plain.tuples),
      }),
    }),
    custom: false,
  };
}

function byteString(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
