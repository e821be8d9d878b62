import type { Invariant, World } from "../explore/world.ts";
import type { Scheduler } from "../scheduler.ts";

const ID = "bounded-queues";

/** Calls, messages and timers that may be waiting at once, for a job of tens of records. */
const PENDING_MAX = 500;
/** Bytes on disk; a scenario's state and outputs are a fraction of it. */
const BYTES_MAX = 4 * 1024 * 1024;
/** Checkpoints on disk beyond those that are kept: one that is being written, one that is being deleted, and those of a crash between. */
const MANIFESTS_BEYOND = 2;

/** Nothing waits, and nothing is stored, without limit. */
export function boundedQueues(world: World, scheduler: Scheduler): Invariant {
  let hasReported = false;
  const limit = (what: string, is: number, most: number): void => {
    if (is <= most || hasReported) return;
    hasReported = true;
    world.violate(ID, `${is} ${what}, more than ${most}`);
  };
  return {
    id: ID,
    operation() {
      limit("events wait", scheduler.pending, PENDING_MAX);
    },
    committed() {
      limit("bytes are stored", world.volume.usedBytes(), BYTES_MAX);
      if (!world.hasRot)
        limit("checkpoints are kept", world.manifests().length, world.plan.retained + MANIFESTS_BEYOND);
    },
  };
}
