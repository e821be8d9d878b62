import { TidemarkError } from "../foundation/error.ts";

/** Plain data of an error, to cross a thread. */
export interface ErrorData {
  readonly code: string | null;
  readonly summary: string;
  readonly facts: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly stack: string;
}

/** Turns what a task failed with into plain data. */
export function errorData(error: unknown): ErrorData {
  if (error instanceof TidemarkError) {
    return { code: error.code, summary: error.summary, facts: error.facts, stack: error.stack ?? "" };
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: null, summary: text, facts: {}, stack: error instanceof Error ? (error.stack ?? "") : "" };
}

/** The error that {@link errorData} described. */
export function reviveError(data: ErrorData): TidemarkError {
  const code = (data.code ?? "TM_INTERNAL") as TidemarkError["code"];
  const error = new TidemarkError(code, data.summary, { facts: data.facts });
  if (data.stack !== "") error.stack = data.stack;
  return error;
}
