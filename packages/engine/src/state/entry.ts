/** `@tidemark/engine/state-backend`: what an author of a state backend needs. */
export { keyGroupOf, keyGroupRange, KEY_GROUP_BITS_MAX, ownerOf, type KeyGroupRange } from "./key-group.ts";
export { memoryBackend, type MemoryBackendOptions, type SnapshotRule } from "./memory-backend.ts";
export type {
  KeyedState,
  KeyedStateOptions,
  KeyGroupPayload,
  KeyTable,
  ListState,
  MapState,
  PaneState,
  SlotDescriptor,
  SlotKind,
  SnapshotReading,
  StateBackend,
  StateDescriptor,
  StateKind,
  TimerState,
  ValueDescriptor,
  ValueKind,
  ValueState,
} from "./state-backend.ts";
export { stateBackendSuite, type StateBackendSuiteOptions } from "./state-backend.conformance.ts";
export { FlatValue, type FlatForm, type WriteGuard } from "./flat-value.ts";
export type { PaneSlotState, SlotField, Slots, SlotState } from "./slot-state.ts";
export { PLAIN_CODEC, type StateCodec } from "./state-codec.ts";
