const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** A duration in ms as users write it, in the largest unit that divides it: 5400000 is "90m", 0 is "0ms". */
export function durationText(ms: number): string {
  for (const [unit, unitMs] of UNITS) {
    if (ms !== 0 && ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  }
  return `${ms}ms`;
}
