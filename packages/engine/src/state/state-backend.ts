import type { KeyColumn } from "../record/key-column.ts";
import type { PaneSlotState, SlotField, SlotState } from "./slot-state.ts";
import type { StateCodec } from "./state-codec.ts";

/**
 * Contract of a state backend: what stores the keyed state of operators. One KeyedState per operator and task.
 *
 * - A key is resolved once per batch to a row id; all states of the operator are addressed by row. Row ids are small
 *   integers that never move while the row is live.
 * - A row lives while any of its states or timers holds something. Rows that `resolve` made and that are still empty
 *   at `releaseEmptyRows()` (the operator calls it after each batch) are free again.
 * - Everything is synchronous, single-threaded, and never calls user code.
 * - `begin` starts the journal of one record; `rollback` undoes every state write and timer change since; `commit`
 *   ends it. They do not nest. Outside a journal, writes are final at once.
 * - `snapshot` is a consistent copy as of the call and costs no more than a pass over the state; it does not change it.
 */
export interface StateBackend {
  readonly name: string;
  openKeyedState(options: KeyedStateOptions): KeyedState;
}

export interface KeyedStateOptions {
  /** Stable id of the operator, for messages. */
  readonly operator: string;
  readonly keyGroupBits: number;
  /** Names of the timers the operator declares; a timer is addressed by its index. */
  readonly timers: readonly string[];
  /** Every state of the operator; names are unique. */
  readonly states: readonly StateDescriptor[];
}

/** Kinds of state that keep values behind a codec. `panes`: an accumulator per (row, pane start). */
export type ValueKind = "value" | "list" | "map" | "panes";

/** Kinds of state of fixed width: a slot per row, or per (row, pane start). */
export type SlotKind = "slots" | "paneSlots";

export type StateKind = ValueKind | SlotKind;

/** What one state of an operator is. */
export type StateDescriptor = ValueDescriptor | SlotDescriptor;

/** Name, kind and fields of one state of fixed width. */
export interface SlotDescriptor {
  readonly name: string;
  readonly kind: SlotKind;
  /** In order of their words; at least one, names unique. */
  readonly fields: readonly SlotField[];
}

/** Name, kind and codec of one state of values. Get returns a fresh value and set keeps a copy: user code cannot change state otherwise. */
export interface ValueDescriptor {
  readonly name: string;
  readonly kind: ValueKind;
  /** How a value is turned into plain data for a snapshot and back. */
  readonly codec: StateCodec;
}

export interface KeyedState {
  readonly keys: KeyTable;
  readonly timers: TimerState;
  value<V>(name: string): ValueState<V>;
  list<V>(name: string): ListState<V>;
  map<V>(name: string): MapState<V>;
  panes<A>(name: string): PaneState<A>;
  slots(name: string): SlotState;
  paneSlots(name: string): PaneSlotState;
  begin(): void;
  commit(): void;
  rollback(): void;
  releaseEmptyRows(): void;
  /** One payload per key group that holds anything, in order of key group. Payloads are self-contained bytes. */
  snapshot(): KeyGroupPayload[];
  /**
   * The same in slices, as of the call, while the state goes on being used. Until the reading ends rows are not released, and no other
   * reading or restore may begin.
   */
  freeze(): SnapshotReading;
  /**
   * The same, the next one of a series: of all rows, or of those alone that may have changed since the one before, where that is less;
   * `isWhole` tells. Who restores gives the payloads of a key group from the last whole one on, in their order. A row has changed if it was
   * resolved, or a timer of it was popped, or it was written to by any call but those of a slot per row, which needs one of the
   * others first. After a restore, or a reading that was given up, the next is whole.
   */
  freezeNext(): SnapshotReading;
  /**
   * Adds the content of a payload that a snapshot of the same operator made; before the first batch only. One of changes takes the place of
   * what there was of the keys that it is about.
   */
  restore(payload: Uint8Array): void;
  /** Live rows and an estimate of bytes held. */
  size(): { rows: number; bytes: number };
}

/** A snapshot that is being read. */
export interface SnapshotReading {
  /** It holds all rows; without it a payload adds to those before it, and a key group without one has not changed. */
  readonly isWhole: boolean;
  /** Reads on: about `steps` entries, or places where one may be. True once all is read; not to be called after that. */
  advance(steps: number): boolean;
  /** One payload per key group that holds anything, in order of key group; once all is read. */
  payloads(): KeyGroupPayload[];
  /** Gives it up; nothing happens where it has ended. */
  abandon(): void;
}

export interface KeyGroupPayload {
  readonly keyGroup: number;
  readonly payload: Uint8Array;
}

export interface KeyTable {
  /** Finds or makes the row of each of the first `length` keys. */
  resolve(keys: KeyColumn, length: number, rows: Int32Array): void;
  /** The key of a live row as user code knows it (see Key). */
  key(row: number): unknown;
  /** Canonical bytes of a live row's key; valid until the next resolve. */
  keyBytes(row: number): Uint8Array;
  /** Writes the keys of `rows` as a KeyColumn, for output that stays keyed. */
  keyColumn(rows: Int32Array, length: number): KeyColumn;
  /** Number of live rows. */
  readonly liveRows: number;
}

export interface ValueState<V> {
  get(row: number): V | undefined;
  /** undefined clears. */
  set(row: number, value: V | undefined): void;
  clear(row: number): void;
}

export interface ListState<V> {
  get(row: number): readonly V[];
  add(row: number, value: V): void;
  /** An empty list clears. */
  set(row: number, values: readonly V[]): void;
  clear(row: number): void;
}

/** Entries are kept in insertion order of their keys; keys are strings. */
export interface MapState<V> {
  get(row: number, key: string): V | undefined;
  has(row: number, key: string): boolean;
  set(row: number, key: string, value: V): void;
  delete(row: number, key: string): void;
  keys(row: number): readonly string[];
  entries(row: number): readonly (readonly [string, V])[];
  size(row: number): number;
  clear(row: number): void;
}

export interface PaneState<A> {
  get(row: number, pane: number): A | undefined;
  set(row: number, pane: number, accumulator: A): void;
  delete(row: number, pane: number): void;
  /** Pane starts that hold anything, ascending. */
  panes(): readonly number[];
  /** Calls `visit` for each row with an accumulator in `pane`, in a fixed order; the state may not change meanwhile. */
  forEach(pane: number, visit: (row: number, accumulator: A) => void): void;
  /** Frees a whole pane. */
  dropPane(pane: number): void;
}

/** One pending time per (row, timer): setting again replaces. Covered by the journal. */
export interface TimerState {
  set(row: number, timer: number, time: number): void;
  clear(row: number, timer: number): void;
  get(row: number, timer: number): number | undefined;
  /** Earliest pending time of the timers in `mask` (bit per timer index), Infinity if none. */
  earliest(mask: number): number;
  /** Row of the first pending one of a timer, in the order of `popDue`, if its time is <= `upTo`; else -1. */
  firstDue(timer: number, upTo: number): number;
  /**
   * Removes and returns the first pending timer in `mask` with time <= `upTo`, or null. Order: time, then timer index,
   * then canonical key bytes: the same whatever was restored or moved. The caller must treat the removal as final.
   */
  popDue(mask: number, upTo: number): { row: number; timer: number; time: number } | null;
}
