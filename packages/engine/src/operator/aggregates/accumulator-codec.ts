import type { FlatForm } from "../../state/flat-value.ts";
import { PLAIN_CODEC, type StateCodec } from "../../state/state-codec.ts";
import { frozen } from "../kept-value.ts";

/** Codec of an accumulator that is plain data; `form` names its shape, and changes when the shape does. */
export function plainAccumulator(form: string): StateCodec {
  return { ...PLAIN_CODEC, schemaHash: form };
}

/** Codec of an accumulator that holds values handed out as they are: what is read back is frozen, as what was added. */
export function keptAccumulator(form: string): StateCodec {
  return { ...plainAccumulator(form), decode: frozen };
}

/** Codec of an accumulator with a form of its own in memory; `flat` where it may be a flat value, else null. */
export function accumulatorCodec<A>(
  form: string,
  codec: { encode(accumulator: A): unknown; decode(plain: never): A },
  flat: FlatForm | null,
): StateCodec {
  return {
    schemaHash: form,
    jsonSchema: null,
    encode: (value) => codec.encode(value as A),
    decode: (plain) => codec.decode(plain as never),
    ...(flat === null ? {} : { flat }),
  };
}
