import type { Choices } from "./random.ts";

/** What a strategy sees of an event that may come next. */
export interface Candidate {
  readonly actor: string;
  readonly kind: string;
  /** Steps since it could have come. */
  readonly waitedSteps: number;
}

/** Chooses which event comes next: an index into the candidates, oldest first. */
export type Strategy = (candidates: readonly Candidate[], choices: Choices) => number;

/** Always the oldest. */
export function firstComeFirstServed(): Strategy {
  return (_, choices) => choices.decided(0, 1);
}

/** Each with the same probability. */
export function randomWalk(): Strategy {
  return (candidates, choices) => choices.integer(candidates.length);
}

/** No event waits longer than this for those of actors with a higher priority. */
const PATIENCE_STEPS = 400;

/**
 * Each actor gets a random priority, and the highest goes first; `changePoints` times in about `steps` steps one actor changes its
 * priority. Finds bugs that need one side to be starved at a few moments, which a random walk nearly never does (probabilistic
 * concurrency testing: Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010).
 */
export function priorities(options: { changePoints?: number; steps?: number } = {}): Strategy {
  const { changePoints = 3, steps = 2_000 } = options;
  const byActor = new Map<string, number>();
  const draw = (choices: Choices): number => choices.integer(1_000_000);
  return (candidates, choices) => {
    let best = 0;
    let bestPriority = -1;
    for (const [index, { actor, waitedSteps }] of candidates.entries()) {
      if (waitedSteps > PATIENCE_STEPS) return choices.decided(index, candidates.length);
      let priority = byActor.get(actor);
      if (priority === undefined) byActor.set(actor, (priority = choices.isReplay ? 0 : draw(choices)));
      if (priority > bestPriority) [best, bestPriority] = [index, priority];
    }
    const actor = candidates[best]?.actor;
    if (actor !== undefined && choices.chance(changePoints / steps)) byActor.set(actor, draw(choices));
    return choices.decided(best, candidates.length);
  };
}
