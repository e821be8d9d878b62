import { TidemarkError } from "../foundation/error.ts";
import type { Host } from "../host/host.ts";
import { corrupt } from "./checkpoint-error.ts";
import { checkpointOfManifest, MANIFESTS_DIRECTORY, manifestName } from "./checkpoint-files.ts";
import { decodeManifest, MANIFEST_BYTES_MAX } from "./manifest-codec.ts";
import type { Manifest } from "./manifest.ts";

/** One manifest of a state directory. TM_CHECKPOINT_MISSING, TM_CHECKPOINT_CORRUPT, TM_STATE_INCOMPATIBLE. */
export async function readManifest(
  host: Host,
  options: { readonly directory: string; readonly checkpoint: number },
): Promise<Manifest> {
  const { directory, checkpoint } = options;
  const path = `${MANIFESTS_DIRECTORY}/${manifestName(checkpoint)}`;
  let bytes: Uint8Array;
  const stat = await host.disk.stat(`${directory}/${path}`);
  if (stat !== null && stat.sizeBytes > MANIFEST_BYTES_MAX)
    throw corrupt("a manifest is larger than one can be", { path, bytes: stat.sizeBytes });
  try {
    bytes = await host.disk.readFile(`${directory}/${path}`, { maxBytes: MANIFEST_BYTES_MAX });
  } catch (cause) {
    if (!(cause instanceof TidemarkError) || cause.code !== "TM_NOT_FOUND") throw cause;
    throw new TidemarkError("TM_CHECKPOINT_MISSING", "there is no such checkpoint", {
      cause,
      facts: { directory, checkpoint },
    });
  }
  return decodeManifest(bytes, { checkpoint, path });
}

/** A manifest, or why it cannot be read. */
export type ManifestOutcome =
  | { readonly checkpoint: number; readonly manifest: Manifest; readonly why: null }
  | { readonly checkpoint: number; readonly manifest: null; readonly why: string };

/** As {@link readManifest}, but damage is an outcome. */
export async function tryManifest(
  host: Host,
  options: { readonly directory: string; readonly checkpoint: number },
): Promise<ManifestOutcome> {
  const { checkpoint } = options;
  try {
    return { checkpoint, manifest: await readManifest(host, options), why: null };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { checkpoint, manifest: null, why: error.message };
  }
}

/** True where bytes are wrong or gone; false for a disk that fails, a newer format, a bug: nothing to go round. */
export function isDamage(error: unknown): error is TidemarkError {
  return (
    error instanceof TidemarkError && (error.code === "TM_CHECKPOINT_CORRUPT" || error.code === "TM_CHECKPOINT_MISSING")
  );
}

/** Checkpoints that have a manifest file, whole or not, ascending. TM_NOT_FOUND where the directory does not exist. */
export async function manifestsIn(host: Host, directory: string): Promise<readonly number[]> {
  const names = await host.disk.list(`${directory}/${MANIFESTS_DIRECTORY}`);
  return names
    .map(checkpointOfManifest)
    .filter((checkpoint) => checkpoint !== null)
    .sort((a, b) => a - b);
}
