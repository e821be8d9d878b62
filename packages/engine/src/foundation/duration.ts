import { TidemarkError } from "./error.ts";

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration as users write it: `"250ms"`, `"15m"`, `"1.5h"`, `"7d"`. A bare number or word is a type error. */
export type Duration = `${number}${keyof typeof UNIT_MS}`;

/** Milliseconds of a duration; throws TM_DURATION naming what it was for. */
export function durationMs(text: Duration, what: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const ms = match === null ? Number.NaN : Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  if (!Number.isSafeInteger(ms)) {
    throw new TidemarkError("TM_DURATION", `a duration is a number and a unit (ms, s, m, h, d), such as "15m"`, {
      facts: { what, given: JSON.stringify(text) },
    });
  }
  return ms;
}
