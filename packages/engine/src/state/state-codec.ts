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
  /** Where many values are nothing but numbers: a shorter way to keep those. */
  readonly numbers?: NumbersForm;
}

/** Some values of a codec as float64 numbers, which are copied as they are. `read(write(v))` must equal v. */
export interface NumbersForm {
  /** How many numbers a value is; -1 where it has no such form. */
  count(value: unknown): number;
  /** Writes them, `count(value)` from `at` on. */
  write(value: unknown, into: Float64Array, at: number): void;
  /** The value of `count` numbers from `at` on, which shares nothing with them; undefined where they make no sense. */
  read(numbers: Float64Array, at: number, count: number): unknown;
}

/** Codec of values that are plain data already. */
export const PLAIN_CODEC: StateCodec = {
  schemaHash: "plain",
  jsonSchema: null,
  encode: (value) => value,
  decode: (plain) => plain,
};
