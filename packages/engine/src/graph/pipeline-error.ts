import { TidemarkError, type ErrorFacts } from "../foundation/error.ts";

/** A mistake in how a pipeline is written; the message says what to write instead. */
export function pipelineError(message: string, facts: ErrorFacts): TidemarkError {
  return new TidemarkError("TM_PIPELINE", message, { facts });
}
