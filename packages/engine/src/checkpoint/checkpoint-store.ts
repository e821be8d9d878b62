import type { CommitPermit } from "../foundation/commit-permit.ts";
import type { Manifest } from "./manifest.ts";

/**
 * The local tier of one job: a directory with one owner. Opening it takes the kernel lock, then claims the next epoch by exclusive
 * create, before anything else is written. Layout in docs/format.md.
 */
export interface CheckpointStore {
  readonly directory: string;
  readonly epoch: number;
  /** Id of the next checkpoint: one more than any manifest, whole or broken, ever had here. */
  readonly nextCheckpoint: number;
  /** The newest checkpoint whose manifest and every segment verify, byte by byte, with why newer ones were passed over. */
  newestVerified(): Promise<{ manifest: Manifest | null; skipped: readonly { checkpoint: number; why: string }[] }>;
  /** Writes the manifest durably (all it names already is) and gives the permit to commit; TM_FENCED if a newer epoch exists. */
  complete(manifest: Manifest): Promise<CommitPermit>;
  /** Permit for the manifest that a start restores from, whose commit may be incomplete. */
  permitForRestored(manifest: Manifest): CommitPermit;
  /** Deletes checkpoints beyond the `keep` newest whole ones, and segments that no manifest names. Only called after the newest was committed. */
  retain(keep: number): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** One operator's state of one key group; a task's thread writes and reads them without the store: segment-writer.ts, segment-reader.ts. */
export interface SegmentBlock {
  readonly operator: string;
  readonly keyGroup: number;
  /** Uncompressed; made by KeyedState.snapshot. */
  readonly payload: Uint8Array;
}
