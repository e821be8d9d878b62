import { TidemarkError } from "../foundation/error.ts";

/**
 * Throws on what a bug of Tidemark raised while user code ran, and where state has no more room: no record is to blame for that. Anything
 * else is the user code's own failure.
 */
export function rethrowInternal(error: unknown): void {
  if (error instanceof TidemarkError && (error.kind === "internal" || error.code === "TM_STATE_FULL")) throw error;
}

/** Refuses the result of a user function that should have been synchronous; throws TM_USER_CODE. */
export function refusePromise(returned: unknown, what: string): void {
  // Most return nothing or a record; the class is looked at last, which costs more.
  if (typeof returned !== "object" || returned === null || !(returned instanceof Promise)) return;
  // The misuse itself is reported; its own outcome, which comes too late, must not end the process.
  returned.catch(() => undefined);
  throw new TidemarkError(
    "TM_USER_CODE",
    `${what} returned a promise: user functions are synchronous, do asynchronous work before or after`,
  );
}

/**
 * The failure of a record without event time at a step that needs one. The graph is checked for sources without event time, so it was
 * sent by a processing-time timer at which the stream had no watermark yet.
 */
export function noEventTime(): TidemarkError {
  return new TidemarkError(
    "TM_RECORD",
    "the record has no event time, so it belongs to no window: what a processing-time timer emits has the stream's watermark as its time, and there was none yet; emit from onRecord or from an event-time timer",
  );
}
