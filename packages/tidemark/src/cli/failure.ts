import { errorExitCode, TidemarkError } from "@tidemark/engine";
import type { Terminal } from "./terminal.ts";

/** Exit codes that are not an error's own. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** Exit code of TM_CHECKPOINT_CORRUPT. */
export const ERROR_EXIT_CORRUPT = 21;

/** Reports what a command failed with, as people or programs want it; returns the exit code. */
export function reportFailure(error: unknown, terminal: Terminal, options: { json: boolean; verbose: boolean }): number {
  if (error instanceof TidemarkError) {
    const exitCode = errorExitCode(error.code);
    if (options.json) {
      terminal.result(JSON.stringify({ error: { code: error.code, kind: error.kind, message: error.summary, facts: error.facts }, exitCode }));
    }
    terminal.say(`${terminal.style("red", error.code)} ${error.message}`);
    const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
    if (error.code === "TM_USER_CODE" || error.code === "TM_INTERNAL" || options.verbose) for (const frame of frames) terminal.say(terminal.style("dim", frame));
    terminal.say(terminal.style("dim", `see docs/errors/${error.code}.md`));
    return exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (options.json) terminal.result(JSON.stringify({ error: { code: null, message: text }, exitCode: EXIT.failed }));
  terminal.say(text);
  return EXIT.failed;
}
