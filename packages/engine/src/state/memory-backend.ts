import type { StateBackend } from "./state-backend.ts";
import { MemoryKeyedState } from "./memory/keyed-state.ts";
import type { SnapshotRule } from "./memory/snapshot-series.ts";

export type { SnapshotRule } from "./memory/snapshot-series.ts";

/** Limits of the default state backend. */
export interface MemoryBackendOptions {
  /** Bytes of state that one operator may hold in one task, as it estimates them itself; looked at after each batch. Default: no limit. */
  readonly bytesMax?: number;
  /** When a checkpoint holds all state of an operator, rather than what changed since the one before. */
  readonly snapshots?: SnapshotRule;
}

/**
 * The default state backend: all state in this thread's memory. TM_STATE_FULL where there is more of it than
 * `bytesMax`, or than the machine has memory for.
 */
export function memoryBackend(limits: MemoryBackendOptions = {}): StateBackend {
  return { name: "memory", openKeyedState: (options) => new MemoryKeyedState(options, limits) };
}
