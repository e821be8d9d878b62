/** How a caller reacts to an error; see {@link TidemarkError}. */
export type ErrorKind = "invalid" | "unavailable" | "fenced" | "corrupt" | "internal";

/**
 * The one table of error codes. Each has a page docs/errors/CODE.md (a test checks that). `exit` is the CLI's
 * exit code where it is not 1.
 */
export const ERROR_CODES: Readonly<Record<ErrorCode, { kind: ErrorKind; exit?: number }>> = {
  TM_INTERNAL: { kind: "internal" },
  TM_DURATION: { kind: "invalid", exit: 78 },
  TM_PIPELINE: { kind: "invalid", exit: 78 },
  TM_SCHEMA: { kind: "invalid", exit: 78 },
  TM_CONFIG: { kind: "invalid", exit: 78 },
  TM_BINDING: { kind: "invalid", exit: 78 },
  TM_NOT_FOUND: { kind: "invalid", exit: 3 },
  TM_KEY: { kind: "invalid" },
  TM_RECORD: { kind: "invalid", exit: 20 },
  TM_RECORD_STALE: { kind: "invalid" },
  TM_USER_CODE: { kind: "invalid", exit: 20 },
  TM_STATE_VALUE: { kind: "invalid" },
  TM_STATE_FULL: { kind: "invalid" },
  TM_STATE_INCOMPATIBLE: { kind: "invalid", exit: 22 },
  TM_CHECKPOINT_CORRUPT: { kind: "corrupt", exit: 21 },
  TM_CHECKPOINT_MISSING: { kind: "invalid", exit: 3 },
  TM_CHECKPOINT_FAILED: { kind: "unavailable", exit: 75 },
  TM_STATE_DIRECTORY_IN_USE: { kind: "fenced", exit: 23 },
  TM_FENCED: { kind: "fenced", exit: 23 },
  TM_SINK_CHANGED: { kind: "corrupt" },
  TM_SOURCE: { kind: "unavailable" },
  TM_IO: { kind: "unavailable", exit: 75 },
  TM_OBJECT_STORE: { kind: "unavailable", exit: 75 },
  TM_WORKER: { kind: "unavailable" },
  TM_STOPPED: { kind: "unavailable" },
  TM_SIMULATION: { kind: "invalid" },
};

/** A stable error code. */
export type ErrorCode =
  | "TM_INTERNAL"
  | "TM_DURATION"
  | "TM_PIPELINE"
  | "TM_SCHEMA"
  | "TM_CONFIG"
  | "TM_BINDING"
  | "TM_NOT_FOUND"
  | "TM_KEY"
  | "TM_RECORD"
  | "TM_RECORD_STALE"
  | "TM_USER_CODE"
  | "TM_STATE_VALUE"
  | "TM_STATE_FULL"
  | "TM_STATE_INCOMPATIBLE"
  | "TM_CHECKPOINT_CORRUPT"
  | "TM_CHECKPOINT_MISSING"
  | "TM_CHECKPOINT_FAILED"
  | "TM_STATE_DIRECTORY_IN_USE"
  | "TM_FENCED"
  | "TM_SINK_CHANGED"
  | "TM_SOURCE"
  | "TM_IO"
  | "TM_OBJECT_STORE"
  | "TM_WORKER"
  | "TM_STOPPED"
  | "TM_SIMULATION";

/** The command line's exit code for an error: 1 unless its code has one of its own. */
export function errorExitCode(code: ErrorCode): number {
  return ERROR_CODES[code].exit ?? 1;
}
