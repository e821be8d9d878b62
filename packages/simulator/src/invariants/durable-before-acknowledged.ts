import { isDurable } from "../explore/volume-files.ts";
import { manifestOf } from "../explore/seen-manifest.ts";
import { OUTPUT_DIRECTORY, STATE_DIRECTORY, type Invariant, type World } from "../explore/world.ts";

const ID = "durable-before-acknowledged";

interface FilePlan {
  readonly file: string;
  readonly to: number;
}

/**
 * When a manifest gets its name, every byte that it names is durable; and no byte of an output is visible that no durable manifest has
 * planned.
 */
export function durableBeforeAcknowledged(world: World): Invariant {
  const { volume } = world;
  const linked = new WeakSet<object>();
  const checkLink = (path: string): void => {
    const seen = manifestOf(volume, path);
    // A link to a name that is taken changes nothing, and what the manifest names may be gone by then.
    if (seen === null || linked.has(seen.manifest)) return;
    linked.add(seen.manifest);
    const { checkpoint, segments, sinks } = seen.manifest;
    for (const segment of segments) {
      const file = `${STATE_DIRECTORY}/${segment.path}`;
      if (!isDurable(volume, file))
        world.violate(ID, `the manifest of checkpoint ${checkpoint} names ${file}, which is not durable`);
    }
    for (const { port, prepared } of sinks) {
      for (const { output } of prepared) {
        const name = (output as { readonly file?: unknown } | null)?.file;
        const file = `${STATE_DIRECTORY}/sinks/${encodeURIComponent(port)}/${String(name)}`;
        if (typeof name === "string" && !isDurable(volume, file))
          world.violate(ID, `the manifest of checkpoint ${checkpoint} names ${file}, which is not durable`);
      }
    }
  };
  const checkWrite = (path: string): void => {
    const sizeBytes = volume.stat(path)?.sizeBytes ?? 0;
    const planned = world
      .manifests()
      .filter((seen) => isDurable(volume, seen.path))
      .flatMap(({ manifest }) => manifest.sinks.map(({ plan }) => plan as unknown as FilePlan | null))
      .filter((plan) => plan?.file === path)
      .map((plan) => plan?.to ?? 0);
    if (sizeBytes > Math.max(0, ...planned))
      world.violate(ID, `${path} shows ${sizeBytes} bytes, of which no durable checkpoint knows`);
  };
  return {
    id: ID,
    operation({ name, subject }) {
      if (world.hasRot) return;
      if (name === "link" && subject.startsWith(`${STATE_DIRECTORY}/manifests/`)) checkLink(subject);
      if (name === "write" && subject.startsWith(`${OUTPUT_DIRECTORY}/`)) checkWrite(subject);
    },
  };
}
