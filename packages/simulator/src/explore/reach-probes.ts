import { FAILPOINTS } from "@tidemark/engine/host";

const killedAt = FAILPOINTS.map((name) => `killed at ${name}`);

/** Rare events that a search of some thousand seeds must have met: one that meets none of them proves nothing about what follows. */
export const REACH_PROBES: readonly string[] = [
  ...killedAt,
  "kill",
  "power-loss",
  "pause",
  "twin",
  "stop",
  "clock",
  "full-disk",
  "rot",
  "restart",
  "restored",
  "checkpoint restored alone",
  "checkpoint of changes restored alone",
  "EIO at write",
  "EIO at sync",
  "EIO at sync directory",
  "EIO at read",
  "ENOSPC at write",
  "ENOSPC at link",
  "TM_CHECKPOINT_FAILED",
  "TM_CHECKPOINT_CORRUPT",
  "TM_STATE_DIRECTORY_IN_USE",
  "TM_IO",
];

/** Probes that were not met. */
export function notReached(reached: Readonly<Record<string, number>>): readonly string[] {
  return REACH_PROBES.filter((name) => (reached[name] ?? 0) === 0);
}
