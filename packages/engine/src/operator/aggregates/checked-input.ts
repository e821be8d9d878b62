import { TidemarkError } from "../../foundation/error.ts";
import { keptValue } from "../kept-value.ts";

/**
 * A selector whose result is a number that is finite or NaN; anything else throws TM_RECORD, which is the user's error.
 * NaN is let through: it makes the results of sum, min, max, mean, variance and quantile NaN, as in arithmetic.
 */
export function numberInput<In>(aggregate: string, input: (record: In) => number): (record: In) => number {
  return (record) => {
    const value: unknown = input(record);
    if (typeof value === "number" && value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY)
      return value;
    throw new TidemarkError("TM_RECORD", `the function of ${aggregate}() must return a finite number or NaN`, {
      facts: { returned: typeof value === "number" ? value : typeName(value) },
    });
  };
}

/** A selector whose result is a string, number, bigint or boolean, or with `tuples` an array of those; else throws TM_KEY. */
export function keyInput<In, V>(
  aggregate: string,
  input: (record: In) => V,
  options: { tuples: boolean },
): (record: In) => V {
  return (record) => {
    const value = input(record);
    if (isKeyPart(value) || (options.tuples && Array.isArray(value) && value.every(isKeyPart))) return value;
    const or = options.tuples ? ", or an array of those" : "";
    throw new TidemarkError(
      "TM_KEY",
      `the function of ${aggregate}() must return a string, number, bigint or boolean${or}`,
      {
        facts: { returned: typeName(value) },
      },
    );
  };
}

/** A selector whose result can be kept: see {@link keptValue}. */
export function keptInput<In, V>(input: (record: In) => V): (record: In) => V {
  return (record) => keptValue(input(record)) as V;
}

/** The selector of an aggregate that takes the whole record. */
export function wholeRecord<In, V>(record: In): V {
  return record as unknown as V;
}

function isKeyPart(value: unknown): boolean {
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean" || type === "bigint";
}

function typeName(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}
