import { TidemarkError } from "../../foundation/error.ts";
import type { Selector } from "../aggregate-function.ts";
import { keptValue } from "../kept-value.ts";

/** A user's function with what is made of its result, as one and in parts. */
export interface CheckedInput<In, V> {
  readonly input: (record: In) => V;
  readonly selector: Selector;
}

/**
 * A selector whose result is a number that is finite or NaN; anything else throws TM_RECORD, which is the user's error.
 * NaN is let through: it makes the results of sum, min, max, mean, variance and quantile NaN, as in arithmetic.
 */
export function numberInput<In>(aggregate: string, input: (record: In) => number): CheckedInput<In, number> {
  const accept = (value: unknown): number => {
    if (typeof value === "number" && value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY)
      return value;
    throw new TidemarkError("TM_RECORD", `the function of ${aggregate}() must return a finite number or NaN`, {
      facts: { returned: typeof value === "number" ? value : typeName(value) },
    });
  };
  return { input: (record) => accept(input(record)), selector: { read: input, isNumber: true, accept } };
}

/** A selector whose result is a string, number, bigint or boolean, or with `tuples` an array of those; else throws TM_KEY. */
export function keyInput<In, V>(
  aggregate: string,
  input: (record: In) => V,
  options: { tuples: boolean },
): CheckedInput<In, V> {
  const accept = (value: unknown): V => {
    if (isKeyPart(value) || (options.tuples && Array.isArray(value) && value.every(isKeyPart))) return value as V;
    const or = options.tuples ? ", or an array of those" : "";
    throw new TidemarkError(
      "TM_KEY",
      `the function of ${aggregate}() must return a string, number, bigint or boolean${or}`,
      {
        facts: { returned: typeName(value) },
      },
    );
  };
  return { input: (record) => accept(input(record)), selector: { read: input, isNumber: false, accept } };
}

/** A selector whose result can be kept: see {@link keptValue}. Null: the record itself. */
export function keptInput<In, V>(input: ((record: In) => V) | null): CheckedInput<In, V> {
  return {
    input: (record) => keptValue(input === null ? record : input(record)) as V,
    selector: { read: input, isNumber: false, accept: keptValue },
  };
}

/** A selector whose result is taken as it is, and is not kept. Null: the record itself. */
export function plainInput<In, V>(input: ((record: In) => V) | null): CheckedInput<In, V> {
  return {
    input: input ?? ((record) => record as unknown as V),
    selector: { read: input, isNumber: false, accept: (read) => read },
  };
}

function isKeyPart(value: unknown): boolean {
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean" || type === "bigint";
}

function typeName(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}
