import { manifestOf } from "../explore/seen-manifest.ts";
import { STATE_DIRECTORY, type Invariant, type World } from "../explore/world.ts";

const ID = "one-committer-per-epoch";

/** Of each epoch one process writes manifests, and a manifest's epoch and id are never below those of the durable ones before it. */
export function oneCommitterPerEpoch(world: World): Invariant {
  const committers = new Map<number, string>();
  const linked = new WeakSet<object>();
  let newest = { epoch: 0, checkpoint: 0 };
  return {
    id: ID,
    operation({ name, subject, actor }) {
      if (world.hasRot || name !== "link" || !subject.startsWith(`${STATE_DIRECTORY}/manifests/`)) return;
      const seen = manifestOf(world.volume, subject);
      // A link to a name that is taken changes nothing.
      if (seen === null || linked.has(seen.manifest)) return;
      linked.add(seen.manifest);
      const { epoch, checkpoint } = seen.manifest;
      const process = actor.split("/")[0] as string;
      const before = committers.get(epoch) ?? process;
      committers.set(epoch, process);
      if (before !== process) world.violate(ID, `${before} and ${process} both wrote checkpoints of epoch ${epoch}`);
      if (epoch < newest.epoch)
        world.violate(ID, `${process} wrote a checkpoint of epoch ${epoch} after one of epoch ${newest.epoch}`);
      if (epoch === newest.epoch && checkpoint <= newest.checkpoint)
        world.violate(ID, `${process} wrote checkpoint ${checkpoint} after ${newest.checkpoint}`);
      newest = { epoch, checkpoint };
    },
  };
}
