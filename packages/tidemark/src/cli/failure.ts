import { errorExitCode, TidemarkError } from "@tidemark/engine";
import { EXIT } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** Reports what a command failed with, as people or programs want it; returns the exit code. */
export function reportFailure(
  error: unknown,
  terminal: Terminal,
  options: { json: boolean; verbose: boolean },
): number {
  if (!(error instanceof TidemarkError)) return reportUnknown(error, terminal, options);
  const exitCode = errorExitCode(error.code);
  if (options.json) {
    const { code, kind, summary: message, facts } = error;
    terminal.result(JSON.stringify({ error: { code, kind, message, facts }, exitCode }));
  }
  terminal.say(`${terminal.style("red", error.code)} ${error.message}`);
  if (showsFrames(error) || options.verbose) {
    for (const frame of framesOf(error)) terminal.say(terminal.style("dim", frame));
  }
  if (options.verbose) sayCauses(error, terminal);
  terminal.say(terminal.style("dim", `see docs/errors/${error.code}.md`));
  return exitCode;
}

function reportUnknown(error: unknown, terminal: Terminal, options: { json: boolean }): number {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (options.json) terminal.result(JSON.stringify({ error: { code: null, message: text }, exitCode: EXIT.failed }));
  terminal.say(text);
  return EXIT.failed;
}

/** Frames help where the mistake is in code: the user's, or the engine's own. */
function showsFrames(error: TidemarkError): boolean {
  return error.code === "TM_USER_CODE" || error.code === "TM_RECORD_STALE" || error.code === "TM_INTERNAL";
}

function framesOf(error: Error): string[] {
  return (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
}

function sayCauses(error: Error, terminal: Terminal): void {
  for (let { cause } = error; cause instanceof Error; { cause } = cause) {
    terminal.say(`caused by ${cause.stack ?? cause.message}`);
  }
}
