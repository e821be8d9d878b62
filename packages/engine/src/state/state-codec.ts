import type { FlatForm } from "./flat-value.ts";

/**
 * Turns a state's value into plain data (numbers, strings, booleans, null, undefined, bigint, arrays, plain objects,
 * Uint8Array, Date, Map, Set) and back. `decode(encode(v))` must equal v. `schemaHash` identifies the schema that wrote it.
 */
export interface StateCodec {
  readonly schemaHash: string;
  /** JSON Schema of the value where one is known, for people and tools without the user's code. */
  readonly jsonSchema: unknown;
  encode(value: unknown): unknown;
  decode(plain: unknown): unknown;
  /** Where values may be flat: how they are opened. `encode` and `decode` do for those as well, for a backend that has no use for it. */
  readonly flat?: FlatForm;
}

/** Codec of values that are plain data already. */
export const PLAIN_CODEC: StateCodec = {
  schemaHash: "plain",
  jsonSchema: null,
  encode: (value) => value,
  decode: (plain) => plain,
};
