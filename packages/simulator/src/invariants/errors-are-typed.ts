import { TidemarkError } from "@tidemark/engine";
import type { Invariant, World } from "../explore/world.ts";
import type { FaultClass } from "../explore/scenario.ts";

const ID = "errors-are-typed";

/** What a process may fail with, by what the run has of faults. */
const ALLOWED: Readonly<Partial<Record<FaultClass, readonly string[]>>> = {
  pause: ["TM_STATE_DIRECTORY_IN_USE", "TM_FENCED"],
  "disk-errors": ["TM_CHECKPOINT_FAILED", "TM_IO", "TM_SOURCE"],
  "full-disk": ["TM_CHECKPOINT_FAILED", "TM_IO"],
  rot: ["TM_CHECKPOINT_CORRUPT", "TM_SINK_CHANGED"],
};

/** A process fails only with an error of the engine's, and only with one that something in this run can have brought about. */
export function errorsAreTyped(world: World): Invariant {
  return {
    id: ID,
    failed(error) {
      if (!(error instanceof TidemarkError)) {
        world.violate(ID, `a process failed with ${String(error instanceof Error ? (error.stack ?? error) : error)}`);
        return;
      }
      const allowed = [...world.plan.classes].flatMap((each) => ALLOWED[each] ?? []);
      if (!allowed.includes(error.code))
        world.violate(ID, `a process failed for no reason: ${error.code}, ${error.message}`);
    },
  };
}
