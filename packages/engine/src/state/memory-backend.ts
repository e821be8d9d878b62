import type { StateBackend } from "./state-backend.ts";
import { MemoryKeyedState } from "./memory/keyed-state.ts";

/** Limits of the default state backend. */
export interface MemoryBackendOptions {
  /** Bytes of state that one operator may hold in one task, as it estimates them itself; looked at after each batch. Default: no limit. */
  readonly bytesMax?: number;
}

/**
 * The default state backend: all state in this thread's memory, complete in every checkpoint. TM_STATE_FULL where there is more of it than
 * `bytesMax`, or than the machine has memory for.
 */
export function memoryBackend({ bytesMax = Number.POSITIVE_INFINITY }: MemoryBackendOptions = {}): StateBackend {
  return { name: "memory", openKeyedState: (options) => new MemoryKeyedState(options, bytesMax) };
}
