import type { StateBackend } from "./state-backend.ts";
import { MemoryKeyedState } from "./memory/keyed-state.ts";

/** The default state backend: all state in this thread's memory, complete in every checkpoint. */
export function memoryBackend(): StateBackend {
  return { name: "memory", openKeyedState: (options) => new MemoryKeyedState(options) };
}
