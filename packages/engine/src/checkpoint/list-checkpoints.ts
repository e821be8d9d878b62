import { TidemarkError } from "../foundation/error.ts";
import type { Host } from "../host/host.ts";
import { MANIFESTS_DIRECTORY, manifestName } from "./checkpoint-files.ts";
import { manifestsIn, tryManifest, type ManifestOutcome } from "./manifest-reader.ts";

/** A checkpoint of a state directory: its manifest, or why that cannot be read. Segments are not looked at. */
export type CheckpointListing = ManifestOutcome;

/**
 * Every checkpoint of a state directory, newest first, without taking ownership: a running job may delete what is listed. A directory
 * that is none is TM_CHECKPOINT_MISSING.
 */
export async function listCheckpoints(host: Host, directory: string): Promise<readonly CheckpointListing[]> {
  const listings: CheckpointListing[] = [];
  for (const checkpoint of (await manifests(host, directory)).toReversed()) {
    const listing = await tryManifest(host, { directory, checkpoint });
    // Between listing and reading, a running job may have let it go.
    const isGone =
      listing.manifest === null &&
      (await host.disk.stat(`${directory}/${MANIFESTS_DIRECTORY}/${manifestName(checkpoint)}`)) === null;
    if (!isGone) listings.push(listing);
  }
  return listings;
}

async function manifests(host: Host, directory: string): Promise<readonly number[]> {
  try {
    return await manifestsIn(host, directory);
  } catch (cause) {
    if (!(cause instanceof TidemarkError) || cause.code !== "TM_NOT_FOUND") throw cause;
    throw new TidemarkError(
      "TM_CHECKPOINT_MISSING",
      "this is not the state directory of a job: it has no checkpoints",
      { cause, facts: { directory } },
    );
  }
}
