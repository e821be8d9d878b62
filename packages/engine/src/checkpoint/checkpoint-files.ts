/**
 * Names inside a state directory; docs/format.md. Numbers are padded so that a sorted listing is in their order.
 */
export const MANIFESTS_DIRECTORY = "manifests";
export const SEGMENTS_DIRECTORY = "segments";
export const OWNERS_DIRECTORY = "owner";
export const LOCK_FILE = "LOCK";

const DIGITS = 10;

const padded = (value: number): string => String(value).padStart(DIGITS, "0");

export function manifestName(checkpoint: number): string {
  return `${padded(checkpoint)}.json`;
}

/** Checkpoint of a manifest's name; null for any other name. */
export function checkpointOfManifest(name: string): number | null {
  return numberIn(/^(\d{10,16})\.json$/.exec(name));
}

/** The name under which a manifest is written before it is linked to its own; `epoch` tells later owners whether it is garbage. */
export function temporaryManifestName(checkpoint: number, epoch: number): string {
  return `${padded(checkpoint)}-${padded(epoch)}.tmp`;
}

/** Epoch of a temporary manifest's name; null for any other name. */
export function epochOfTemporaryManifest(name: string): number | null {
  return numberIn(/^\d{10,16}-(\d{10,16})\.tmp$/.exec(name));
}

/** Path of a segment under the state directory, as it stands in the manifest. */
export function segmentPath(checkpoint: number, epoch: number, fileId: string): string {
  return `${SEGMENTS_DIRECTORY}/${padded(checkpoint)}-${padded(epoch)}-${fileId}.segment`;
}

/** What a segment's name says; null for any other name. */
export function parseSegmentName(name: string): { readonly checkpoint: number; readonly epoch: number } | null {
  const match = /^(\d{10,16})-(\d{10,16})-[0-9a-f]{32}\.segment$/.exec(name);
  return match === null ? null : { checkpoint: Number(match[1]), epoch: Number(match[2]) };
}

/** The checkpoint that a segment was written for, by its path in a manifest; NaN where it is no path of a segment. */
export function checkpointOfSegment(path: string): number {
  return parseSegmentName(path.slice(SEGMENTS_DIRECTORY.length + 1))?.checkpoint ?? Number.NaN;
}

export function ownerName(epoch: number): string {
  return padded(epoch);
}

/** Epoch of an owner's file; null for any other name. */
export function epochOfOwner(name: string): number | null {
  return numberIn(/^(\d{10,16})$/.exec(name));
}

function numberIn(match: RegExpExecArray | null): number | null {
  return match === null ? null : Number(match[1]);
}
