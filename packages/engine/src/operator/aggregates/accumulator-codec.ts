import { PLAIN_CODEC, type NumbersForm, type StateCodec } from "../../state/state-codec.ts";
import { frozen } from "../kept-value.ts";

/** Codec of an accumulator that is plain data; `form` names its shape, and changes when the shape does. */
export function plainAccumulator(form: string): StateCodec {
  return { ...PLAIN_CODEC, schemaHash: form };
}

/** Codec of an accumulator that holds values handed out as they are: what is read back is frozen, as what was added. */
export function keptAccumulator(form: string): StateCodec {
  return { ...plainAccumulator(form), decode: frozen };
}

/** {@link NumbersForm} of accumulators. */
export interface AccumulatorNumbers<A> extends NumbersForm {
  count(accumulator: A): number;
  write(accumulator: A, into: Float64Array, at: number): void;
  read(numbers: Float64Array, at: number, count: number): A | undefined;
}

/** Codec of an accumulator with a form of its own in memory; `numbers` comes first where it has that form, null: never. */
export function accumulatorCodec<A>(
  form: string,
  codec: { encode(accumulator: A): unknown; decode(plain: never): A },
  numbers: AccumulatorNumbers<A> | null,
): StateCodec {
  return {
    schemaHash: form,
    jsonSchema: null,
    encode: (value) => codec.encode(value as A),
    decode: (plain) => codec.decode(plain as never),
    ...(numbers === null ? {} : { numbers }),
  };
}
