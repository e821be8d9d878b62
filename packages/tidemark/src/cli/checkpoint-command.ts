import { errorExitCode, nodeHost, TidemarkError } from "@tidemark/engine";
import { listCheckpoints, verifyCheckpoint, type CheckpointListing } from "@tidemark/engine/inspect";
import { EXIT } from "./exit-codes.ts";
import { formatBytes, formatCount, formatTime, table, type Terminal } from "./terminal.ts";

export interface CheckpointFlags {
  readonly json?: boolean;
}

/** `tidemark checkpoint ls DIRECTORY`: every checkpoint of a state directory, newest first; takes no ownership. */
export async function checkpointList(directory: string, flags: CheckpointFlags, terminal: Terminal): Promise<number> {
  const listings = await listCheckpoints(nodeHost(), directory);
  if (flags.json === true) {
    terminal.result(JSON.stringify(listings.map(listingJson)));
    return EXIT.ok;
  }
  if (listings.length === 0) terminal.say("no checkpoints");
  else
    terminal.result(table(["checkpoint", "taken", "reason", "records", "state", "finished"], listings.map(listingRow)));
  return EXIT.ok;
}

/** `tidemark checkpoint show DIRECTORY ID`: one manifest, whole. */
export async function checkpointShow(
  directory: string,
  id: string,
  flags: CheckpointFlags,
  terminal: Terminal,
): Promise<number> {
  const { manifest } = await find(directory, id);
  if (flags.json === true) {
    terminal.result(JSON.stringify(manifest));
    return EXIT.ok;
  }
  terminal.result(JSON.stringify(manifest, null, 2));
  return EXIT.ok;
}

/** `tidemark checkpoint verify DIRECTORY [ID]`: reads and checks every byte; exit code 21 if anything is wrong. */
export async function checkpointVerify(
  directory: string,
  id: string | undefined,
  flags: CheckpointFlags,
  terminal: Terminal,
): Promise<number> {
  const host = nodeHost();
  const listings = id === undefined ? await listCheckpoints(host, directory) : [await find(directory, id)];
  const results: { checkpoint: number; ok: boolean; why: string | null }[] = [];
  for (const [index, listing] of listings.entries()) {
    terminal.status(`verifying checkpoint ${listing.checkpoint} (${index + 1} of ${listings.length})`);
    const why = listing.manifest === null ? listing.why : await verifyCheckpoint(host, directory, listing.manifest);
    results.push({ checkpoint: listing.checkpoint, ok: why === null, why });
    if (flags.json !== true) terminal.result(`checkpoint ${listing.checkpoint}: ${why ?? "whole"}`);
  }
  if (flags.json === true) terminal.result(JSON.stringify(results));
  return results.every(({ ok }) => ok) ? EXIT.ok : errorExitCode("TM_CHECKPOINT_CORRUPT");
}

async function find(directory: string, id: string): Promise<CheckpointListing> {
  const listings = await listCheckpoints(nodeHost(), directory);
  const found = listings.find(({ checkpoint }) => String(checkpoint) === id);
  if (found !== undefined) return found;
  const known = listings.map(({ checkpoint }) => checkpoint).join(", ");
  throw new TidemarkError(
    "TM_CHECKPOINT_MISSING",
    `there is no such checkpoint; there are ${known === "" ? "none" : known}`,
    {
      facts: { directory, checkpoint: id },
    },
  );
}

function listingRow(listing: CheckpointListing): (string | number)[] {
  const { checkpoint, manifest, why } = listing;
  if (manifest === null) return [checkpoint, "", `broken: ${why ?? ""}`, 0, "", ""];
  const bytes = manifest.segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  return [
    checkpoint,
    formatTime(manifest.createdAt),
    manifest.reason,
    formatCount(Number(manifest.statistics["records"] ?? 0)),
    formatBytes(bytes),
    manifest.finished ? "yes" : "no",
  ];
}

function listingJson({ checkpoint, manifest, why }: CheckpointListing): unknown {
  if (manifest === null) return { checkpoint, ok: false, why };
  const { createdAt, reason, statistics, finished, segments, parallelism } = manifest;
  return {
    checkpoint,
    ok: true,
    createdAt,
    reason,
    statistics,
    finished,
    parallelism,
    sizeBytes: segments.reduce((sum, segment) => sum + segment.sizeBytes, 0),
  };
}
