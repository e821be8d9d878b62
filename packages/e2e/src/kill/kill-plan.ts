import { FAILPOINTS, type FailpointName } from "@tidemark/engine/host";

/** How one process of a job dies. Times count from when it says that it runs, `whileStarting` from when it was started. */
export type Kill =
  | { readonly kind: "failpoint"; readonly name: FailpointName; readonly nth: number }
  | { readonly kind: "random"; readonly afterMs: number; readonly whileStarting: boolean }
  /** Stopped and continued before it is killed. */
  | { readonly kind: "paused"; readonly afterMs: number; readonly pauseMs: number; readonly againMs: number }
  /** Stopped; another process tries to take its place meanwhile and must be refused. */
  | { readonly kind: "zombie"; readonly afterMs: number; readonly wakes: boolean };

/** Passed once in a run, the others at every checkpoint. */
const ONCE_A_RUN: FailpointName = "restore.half-loaded";
/** Longest that a process runs before a random kill. */
const RUNNING_MS = 600;
const STARTING_MS = 500;

/**
 * `count` kills of one of `jobs` jobs: first its share of the failpoints in their order (the last needs a checkpoint to restore), then, mixed,
 * later passes of failpoints, two zombies, pauses, and moments drawn at random; a fifth of those while the process starts.
 */
export function planKills({
  count,
  job,
  jobs,
  next,
}: {
  count: number;
  job: number;
  jobs: number;
  next: () => number;
}): Kill[] {
  // Two jobs share one round of the failpoints: each strikes in every second job.
  const own = FAILPOINTS.filter((_, index) => jobs === 1 || index % 2 === job % 2);
  const kills: Kill[] = own.map((name) => ({ kind: "failpoint", name, nth: 1 }));
  const zombies = [kills.length + 1, kills.length + 2 + Math.floor(next() * (count - kills.length - 2))];
  while (kills.length < count) {
    const afterMs = next() * RUNNING_MS;
    const drawn = next();
    const name = FAILPOINTS[Math.floor(next() * FAILPOINTS.length)] ?? ONCE_A_RUN;
    if (zombies.includes(kills.length)) kills.push({ kind: "zombie", afterMs, wakes: kills.length === zombies[0] });
    else if (drawn < 0.1) kills.push({ kind: "paused", afterMs, pauseMs: next() * 400, againMs: next() * 200 });
    else if (drawn < 0.3) kills.push({ kind: "random", afterMs: next() * STARTING_MS, whileStarting: true });
    else if (drawn < 0.5 && name !== ONCE_A_RUN)
      kills.push({ kind: "failpoint", name, nth: 2 + Math.floor(next() * 4) });
    else kills.push({ kind: "random", afterMs, whileStarting: false });
  }
  return kills;
}
