import type { Invariant, World } from "../explore/world.ts";
import type { Scheduler } from "../scheduler.ts";
import { boundedQueues } from "./bounded-queues.ts";
import { durableBeforeAcknowledged } from "./durable-before-acknowledged.ts";
import { errorsAreTyped } from "./errors-are-typed.ts";
import { oneCommitterPerEpoch } from "./one-committer-per-epoch.ts";
import { outputEqualsReference } from "./output-equals-reference.ts";
import { watermarksMonotone } from "./watermarks-monotone.ts";

/** Those that are checked while a run goes on; checkpoint-restores, progress and same-trace are checked by who drives it. */
export function allInvariants(world: World, scheduler: Scheduler): readonly Invariant[] {
  return [
    outputEqualsReference(world),
    durableBeforeAcknowledged(world),
    oneCommitterPerEpoch(world),
    watermarksMonotone(world),
    boundedQueues(world, scheduler),
    errorsAreTyped(world),
  ];
}
