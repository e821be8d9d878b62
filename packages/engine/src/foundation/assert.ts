import { TidemarkError } from "./error.ts";

/**
 * States what only a bug in Tidemark can break; stays on in production.
 * The message is lazy where building it costs something.
 */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) {
    throw new TidemarkError("TM_INTERNAL", typeof message === "string" ? message : message());
  }
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never, what: string): never {
  throw new TidemarkError("TM_INTERNAL", `unexpected ${what}`, { facts: { value: String(value) } });
}
