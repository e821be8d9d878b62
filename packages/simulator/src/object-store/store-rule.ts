import type { StoreFaults } from "../faults.ts";
import type { Choices } from "../random.ts";

/** A request to the store, before it is sent. */
export interface StoreCall {
  readonly name: StoreCallName;
  readonly key: string;
  readonly isConditional: boolean;
  readonly actor: string;
}

/** Requests to a store, by the names that rules and timelines use. */
export type StoreCallName =
  | "put"
  | "get"
  | "head"
  | "delete"
  | "list"
  | "start upload"
  | "put part"
  | "complete upload"
  | "list uploads"
  | "abort upload";

const CHANGING: ReadonlySet<StoreCallName> = new Set([
  "put",
  "delete",
  "start upload",
  "put part",
  "complete upload",
  "abort upload",
]);

/** True of requests that change what the store holds. */
export function isChanging(name: StoreCallName): boolean {
  return CHANGING.has(name);
}

/** How a request ends for its sender, and whether it takes effect all the same. */
export interface StoreFault {
  readonly status?: "throttled" | "timeout" | "unavailable" | "denied" | "conflict";
  /** Of a request that fails: it takes effect all the same, after `delayMs`. */
  readonly takesEffect?: boolean;
  /** Until it arrives at the store. With "timeout" the sender is told after `answerMs`, whenever it arrives. */
  readonly delayMs?: number;
  readonly answerMs?: number;
}

/** Decides about each request; null: nothing goes wrong. */
export type StoreRule = (call: StoreCall) => StoreFault | null;

/** Faults at the rates of `faults`. */
export function randomStoreFaults(faults: StoreFaults, choices: Choices): StoreRule {
  const upTo = (maxMs: number): number => (maxMs > 0 ? choices.upTo(maxMs) : 0);
  return ({ isConditional }) => {
    if (choices.chance(faults.throttled)) return { status: "throttled", delayMs: upTo(faults.latencyMs) };
    if (isConditional && choices.chance(faults.conflict))
      return { status: "conflict", delayMs: upTo(faults.latencyMs) };
    if (choices.chance(faults.unavailable)) {
      return { status: "unavailable", takesEffect: choices.chance(0.5), delayMs: upTo(faults.latencyMs) };
    }
    if (choices.chance(faults.lost)) {
      const takesEffect = choices.chance(0.5);
      const delayMs = upTo(choices.chance(0.5) ? faults.zombieMs : faults.timeoutMs);
      return { status: "timeout", takesEffect, delayMs, answerMs: faults.timeoutMs };
    }
    return faults.latencyMs > 0 ? { delayMs: upTo(faults.latencyMs) } : null;
  };
}

/** Fails requests of one name whose key contains `key`, from the `nth` on (default the first), `times` times (default once). */
export function failRequests(
  fault: StoreFault,
  match: { name: StoreCallName; key?: string; nth?: number; times?: number },
): StoreRule {
  const { name, key = "", nth = 1, times = 1 } = match;
  let seen = 0;
  return (call) => {
    if (call.name !== name || !call.key.includes(key)) return null;
    seen++;
    return seen >= nth && seen < nth + times ? fault : null;
  };
}
