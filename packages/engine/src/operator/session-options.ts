import type { NamedAggregates } from "./aggregate-set.ts";

/** What a session window is: its gap, what it computes, how long a fired session waits for late records. */
export interface SessionOptions {
  readonly gapMs: number;
  readonly aggregates: NamedAggregates;
  readonly allowedLatenessMs: number;
}
