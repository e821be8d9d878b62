import { TidemarkError } from "../../foundation/error.ts";
import { deepFreeze } from "../../record/plain-value.ts";
import { decodeValue, encodeValue } from "../../record/value-codec.ts";

/**
 * A selector whose result is a number that is finite or NaN; anything else throws TM_RECORD, which is the user's error.
 * NaN is let through: it makes the results of sum, min, max, mean, variance and quantile NaN, as in arithmetic.
 */
export function numberInput<In>(aggregate: string, input: (record: In) => number): (record: In) => number {
  return (record) => {
    const value: unknown = input(record);
    if (typeof value === "number" && value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY) return value;
    throw new TidemarkError("TM_RECORD", `the function of ${aggregate}() must return a finite number or NaN`, {
      facts: { returned: typeof value === "number" ? value : typeName(value) },
    });
  };
}

/** A selector whose result is a string, number, bigint or boolean, or with `tuples` an array of those; else throws TM_KEY. */
export function keyInput<In, V>(aggregate: string, input: (record: In) => V, options: { tuples: boolean }): (record: In) => V {
  return (record) => {
    const value = input(record);
    if (isKeyPart(value) || (options.tuples && Array.isArray(value) && value.every(isKeyPart))) return value;
    const or = options.tuples ? ", or an array of those" : "";
    throw new TidemarkError("TM_KEY", `the function of ${aggregate}() must return a string, number, bigint or boolean${or}`, {
      facts: { returned: typeName(value) },
    });
  };
}

/**
 * A selector whose result can be kept: objects, record views among them, become frozen plain data of the engine's own.
 * TM_STATE_VALUE for what is no plain data, such as functions.
 */
export function keptInput<In, V>(input: (record: In) => V): (record: In) => V {
  return (record) => {
    const value = input(record);
    return needsCopy(value) ? frozen(decodeValue(encodeValue(value)) as V) : value;
  };
}

/** Freezes a value that is kept and handed out, so that nobody changes it; returns it. */
export function frozen<V>(value: V): V {
  deepFreeze(value);
  return value;
}

/** The selector of an aggregate that takes the whole record. */
export function wholeRecord<In, V>(record: In): V {
  return record as unknown as V;
}

function isKeyPart(value: unknown): boolean {
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean" || type === "bigint";
}

/** Functions and symbols do as well: the codec refuses them with a message. */
function needsCopy(value: unknown): boolean {
  const type = typeof value;
  return (type === "object" && value !== null) || type === "function" || type === "symbol";
}

function typeName(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}
