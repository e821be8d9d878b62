import type { Manifest } from "@tidemark/engine/inspect";
import type { Invariant, World } from "../explore/world.ts";

const ID = "watermarks-monotone";

/** From one committed checkpoint to the next no task's watermark falls, and no split goes back. */
export function watermarksMonotone(world: World): Invariant {
  let before: Manifest | null = null;
  return {
    id: ID,
    committed({ manifest }) {
      if (before !== null) compare(world, before, manifest);
      before = manifest;
    },
  };
}

function compare(world: World, before: Manifest, after: Manifest): void {
  const older = leastByTask(before);
  for (const [task, watermark] of leastByTask(after)) {
    const was = older.get(task) ?? Number.NEGATIVE_INFINITY;
    if (watermark < was)
      world.violate(
        ID,
        `the watermark of task ${task} falls from ${was} to ${watermark} at checkpoint ${after.checkpoint}`,
      );
  }
  const splits = new Map(before.sources.map((split) => [`${split.port} ${split.split}`, split]));
  for (const split of after.sources) {
    const was = splits.get(`${split.port} ${split.split}`);
    if (was === undefined) continue;
    if (split.records < was.records)
      world.violate(
        ID,
        `split ${split.split} of "${split.port}" goes back from ${was.records} to ${split.records} records`,
      );
    if ((split.maxTimestamp ?? Number.NEGATIVE_INFINITY) < (was.maxTimestamp ?? Number.NEGATIVE_INFINITY))
      world.violate(
        ID,
        `the highest time of split ${split.split} of "${split.port}" falls at checkpoint ${after.checkpoint}`,
      );
  }
}

/** Least watermark of a task's subtasks: their number may change from one process to the next. */
function leastByTask({ watermarks }: Manifest): Map<string, number> {
  const least = new Map<string, number>();
  for (const [name, given] of Object.entries(watermarks)) {
    const task = name.slice(0, name.lastIndexOf("-"));
    const watermark = given === "max" ? Number.POSITIVE_INFINITY : (given ?? Number.NEGATIVE_INFINITY);
    least.set(task, Math.min(least.get(task) ?? Number.POSITIVE_INFINITY, watermark));
  }
  return least;
}
