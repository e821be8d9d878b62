/** Exit codes that are not an error's own; those are in the engine's table of error codes. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** The exit code of a process that a signal ends before it is done. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
}
