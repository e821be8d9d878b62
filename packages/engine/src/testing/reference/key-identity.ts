import { TidemarkError } from "../../foundation/error.ts";
import type { ReferenceKey } from "./row.ts";

/**
 * A key as a text that equals another key's exactly if the keys are the same key: integers, other numbers, bigints, strings,
 * booleans and tuples never meet; -0 is 0, NaN is one key. Throws TM_KEY for what cannot be a key.
 */
export function referenceKey(given: unknown): ReferenceKey {
  if (!Array.isArray(given)) {
    const [value, identity] = keyPart(given);
    return { value, identity };
  }
  const parts = given.map(keyPart);
  return {
    value: parts.map(([value]) => value),
    // Lengths first, so that no text of a part can pass for the border between two.
    identity: `tuple ${parts.map(([, identity]) => `${identity.length}:${identity}`).join("")}`,
  };
}

function keyPart(part: unknown): readonly [value: unknown, identity: string] {
  switch (typeof part) {
    case "string":
      return [part, `string ${part}`];
    case "boolean":
      return [part, `boolean ${part}`];
    case "bigint":
      return [part, `bigint ${part}`];
    case "number": {
      const value = part === 0 ? 0 : part;
      return [value, `${Number.isSafeInteger(value) ? "integer" : "float"} ${value}`];
    }
    default:
      throw new TidemarkError("TM_KEY", "a key is a string, number, bigint, boolean, or a tuple of those", {
        facts: { given: part === null ? "null" : typeof part },
      });
  }
}
