import { TidemarkError } from "../foundation/error.ts";
import type { RecordBatch } from "../record/batch.ts";
import { recordOf } from "../record/row-copy.ts";
import type { DeadLetters } from "./dead-letters.ts";

/** The folder that holds the engine's own sources; its frames are of no use to whoever reads a user's error. */
const ENGINE_FOLDER = new URL("..", import.meta.url).pathname;

/** What a failing record leads to; see ErrorPolicy of the graph room. */
export type ErrorPolicy = "fail" | "skip" | "deadLetter";

/** Where user code threw. */
export interface UserErrorPlace {
  readonly batch: RecordBatch | null;
  readonly row: number;
  readonly key: unknown;
  readonly doing: string;
  readonly step?: string;
}

/**
 * Carries out the job's policy for user code that threw: stops with TM_USER_CODE (operator, subtask, record position,
 * the user's frames), or skips and counts, or writes a dead letter with the cause and the key.
 */
export function handleUserError(
  error: unknown,
  place: UserErrorPlace,
  context: {
    operator: string;
    subtask: number;
    policy: ErrorPolicy;
    deadLetters: DeadLetters | null;
    count: (name: string, amount: number) => void;
  },
): void {
  const operator = place.step ?? context.operator;
  const wrapped = userError(error, place, { operator, subtask: context.subtask });
  if (context.policy === "fail") throw wrapped;
  context.count("user-errors", 1);
  if (context.policy === "deadLetter") {
    const origin = place.batch?.origin ?? null;
    context.deadLetters?.add({
      port: origin?.port ?? null,
      split: origin?.split ?? null,
      offset: origin === null ? null : (origin.offsets[place.row] ?? null),
      operator,
      key: place.key ?? null,
      error: wrapped,
      record: place.batch === null ? null : recordOf(place.batch, place.row),
    });
  }
}

function userError(
  error: unknown,
  place: UserErrorPlace,
  context: { operator: string; subtask: number },
): TidemarkError {
  if (error instanceof TidemarkError && error.code === "TM_USER_CODE") return error;
  const origin = place.batch?.origin ?? null;
  const what = error instanceof Error ? `${error.name}: ${error.message}` : `thrown value ${describe(error)}`;
  const wrapped = new TidemarkError(
    "TM_USER_CODE",
    `user code of "${context.operator}" threw while ${place.doing}: ${what}`,
    {
      cause: error,
      facts: {
        operator: context.operator,
        subtask: context.subtask,
        source: origin?.port,
        split: origin?.split,
        offset: origin?.offsets[place.row],
        key: place.key === undefined || place.key === null ? undefined : describe(place.key),
      },
    },
  );
  const frames = userFrames(error);
  if (frames.length > 0) wrapped.stack = `${wrapped.name}: ${wrapped.message}\n${frames.join("\n")}`;
  return wrapped;
}

/** Frames of the user's own files, innermost first. */
export function userFrames(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  return error.stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .filter(
      (line) => !line.includes(ENGINE_FOLDER) && !line.includes("node:") && !/\(eval at |<anonymous>:\d/.test(line),
    );
}

function describe(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(describe).join(", ")}]`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
