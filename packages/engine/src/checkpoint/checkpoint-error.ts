import { TidemarkError, type ErrorFacts } from "../foundation/error.ts";

/** Bytes of a checkpoint that are not what was written: names the file and, where there is one, the offset. */
export function corrupt(what: string, facts: ErrorFacts & { path: string }, cause?: unknown): TidemarkError {
  return new TidemarkError("TM_CHECKPOINT_CORRUPT", what, { cause, facts });
}

/**
 * Turns what a write ran into (disk full, failed sync) into TM_CHECKPOINT_FAILED. The file it names is given up, never written or synced
 * again: after a failed sync nobody knows what of it is on disk. Other errors pass as they are.
 */
export function checkpointFailed(error: unknown, path: string): unknown {
  if (!(error instanceof TidemarkError) || (error.code !== "TM_IO" && error.code !== "TM_NOT_FOUND")) return error;
  return new TidemarkError(
    "TM_CHECKPOINT_FAILED",
    "a checkpoint could not be made durable and is given up; look at the disk (space, health), then start the job again: it resumes from the checkpoint before",
    { cause: error, facts: { path, ...error.facts } },
  );
}
