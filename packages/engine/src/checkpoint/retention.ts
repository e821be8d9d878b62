import { epochOfOwner, epochOfTemporaryManifest, parseSegmentName } from "./checkpoint-files.ts";

/** Claims of this many owners are kept, for people; only the newest decides. */
const OWNERS_KEPT = 16;

/** What is in a state directory, as far as retention needs to know. */
export interface RetentionFacts {
  readonly epoch: number;
  /** How many whole checkpoints to keep; at least 1. */
  readonly keep: number;
  readonly manifests: readonly {
    readonly checkpoint: number;
    /** null: the manifest cannot be read. */ readonly segments: readonly string[] | null;
  }[];
  /** Names in the segments directory. */
  readonly segmentNames: readonly string[];
  /** Names in the manifests directory. */
  readonly manifestNames: readonly string[];
  /** Names in the owner directory. */
  readonly ownerNames: readonly string[];
}

/** What retention will delete: manifests first, oldest first, then segments. */
export interface RetentionDecision {
  readonly manifests: readonly number[];
  readonly segmentNames: readonly string[];
  /** Manifests that an earlier owner began to write. */
  readonly temporaryManifests: readonly string[];
  /** Claims of owners long gone. */
  readonly ownerNames: readonly string[];
}

/**
 * Decides what may go. Kept: the `keep` newest whole checkpoints (readable, every segment there), and whatever is newer than the oldest of
 * them; with fewer whole ones, everything. A segment goes only if no kept manifest names it, no kept unreadable manifest may name it
 * (it is not newer than that), and it cannot be one that is being written: it is of an earlier owner, or not newer than the newest
 * whole checkpoint. Files that are no segments are left alone.
 */
export function decideRetention(facts: RetentionFacts): RetentionDecision {
  const { epoch, keep, manifests, segmentNames } = facts;
  const present = new Set(segmentNames);
  const isWhole = (segments: readonly string[] | null): boolean =>
    segments?.every((name) => present.has(name)) ?? false;
  const whole = manifests
    .filter(({ segments }) => isWhole(segments))
    .map(({ checkpoint }) => checkpoint)
    .sort((a, b) => b - a);
  const newestWhole = whole[0];
  const oldestKept = whole[Math.max(keep, 1) - 1] ?? 0;
  const kept = manifests.filter(({ checkpoint }) => checkpoint >= oldestKept);
  const reachable = new Set(kept.flatMap(({ segments }) => segments ?? []));
  const unreadable = kept.filter(({ segments }) => segments === null);
  const newestUnreadable = unreadable.reduce((newest, { checkpoint }) => Math.max(newest, checkpoint), 0);
  return {
    manifests: manifests
      .map(({ checkpoint }) => checkpoint)
      .filter((checkpoint) => checkpoint < oldestKept)
      .sort((a, b) => a - b),
    segmentNames: segmentNames.filter((name) => {
      const segment = parseSegmentName(name);
      if (segment === null || reachable.has(name) || segment.checkpoint <= newestUnreadable || segment.epoch > epoch)
        return false;
      return segment.epoch < epoch || (newestWhole !== undefined && segment.checkpoint <= newestWhole);
    }),
    temporaryManifests: facts.manifestNames.filter((name) => (epochOfTemporaryManifest(name) ?? epoch) < epoch),
    ownerNames: facts.ownerNames.filter((name) => (epochOfOwner(name) ?? epoch) <= epoch - OWNERS_KEPT),
  };
}
