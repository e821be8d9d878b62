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
  for (const line of options.verbose ? linesOf(error) : placeOf(error)) terminal.say(terminal.style("dim", line));
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

const FRAME = /^\s+at /;
/** Folders whose frames tell a user nothing: the engine's and the command line's own, and the parser's. */
const OWN_FRAMES: readonly string[] = [
  new URL(".", import.meta.resolve("@tidemark/engine")).href.replace(/run\/$/, ""),
  new URL("..", import.meta.url).href,
  "/node_modules/",
  "node:",
];

/** Where in code the mistake is: the user's frames, and for a file that does not parse the lines in question. */
function placeOf(error: TidemarkError): string[] {
  switch (error.code) {
    case "TM_INTERNAL":
      return linesOf(error);
    case "TM_USER_CODE":
    case "TM_RECORD_STALE":
    case "TM_PIPELINE":
    case "TM_SCHEMA": {
      const thrown = error.cause instanceof Error ? error.cause : error;
      const lines = (thrown.stack ?? "").split("\n");
      // A syntax error begins with file, line and excerpt; every other one with its message, which is said already.
      const excerpt = lines.slice(
        0,
        Math.max(
          0,
          lines.findIndex((line) => line.startsWith(thrown.name)),
        ),
      );
      const frames = linesOf(thrown).filter((line) => !OWN_FRAMES.some((own) => line.includes(own)));
      return [...excerpt.filter((line) => line !== ""), ...frames];
    }
    default:
      return [];
  }
}

function linesOf(error: Error): string[] {
  return (error.stack ?? "").split("\n").filter((line) => FRAME.test(line));
}

function sayCauses(error: Error, terminal: Terminal): void {
  for (let { cause } = error; cause instanceof Error; { cause } = cause) {
    terminal.say(`caused by ${cause.stack ?? cause.message}`);
  }
}
