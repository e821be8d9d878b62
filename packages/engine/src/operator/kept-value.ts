import { deepFreeze } from "../record/plain-value.ts";
import { decodeValue, encodeValue } from "../record/value-codec.ts";

/**
 * A value of the user's as one that the engine can keep and hand out: objects, record views among them, become frozen plain data of
 * the engine's own. TM_STATE_VALUE for what is no plain data, such as functions.
 */
export function keptValue(value: unknown): unknown {
  return needsCopy(value) ? frozen(decodeValue(encodeValue(value))) : value;
}

/** Freezes a value that is kept and handed out, so that nobody changes it; returns it. */
export function frozen<V>(value: V): V {
  deepFreeze(value);
  return value;
}

/** Functions and symbols do as well: the codec refuses them with a message. */
function needsCopy(value: unknown): boolean {
  const type = typeof value;
  return (type === "object" && value !== null) || type === "function" || type === "symbol";
}

/** TM_STATE_VALUE for what is no plain data, such as functions. */
export function checkKeepable(value: unknown): void {
  if (needsCopy(value)) encodeValue(value);
}
