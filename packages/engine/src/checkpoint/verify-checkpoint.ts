import type { Host } from "../host/host.ts";
import { isDamage, readManifest } from "./manifest-reader.ts";
import type { Manifest } from "./manifest.ts";
import { verifySegment } from "./segment-reader.ts";

/**
 * Reads and checks every byte of a checkpoint: the manifest as it is on disk now, then each segment it names. Null if all is right, else
 * the first thing that is wrong, with file and offset. Needs no ownership. A disk that fails is an error, not an answer.
 */
export async function verifyCheckpoint(
  host: Host,
  directory: string,
  { checkpoint }: Pick<Manifest, "checkpoint">,
): Promise<string | null> {
  try {
    const manifest = await readManifest(host, { directory, checkpoint });
    await verifySegments(host, directory, manifest);
    return null;
  } catch (error) {
    if (isDamage(error)) return error.message;
    throw error;
  }
}

/** Checks every byte of the segments of a manifest; TM_CHECKPOINT_CORRUPT. */
export async function verifySegments(host: Host, directory: string, { segments }: Manifest): Promise<void> {
  for (const descriptor of segments) await verifySegment(host, { directory, descriptor });
}
