import { assert } from "../../foundation/assert.ts";
import { TidemarkError } from "../../foundation/error.ts";
import type {
  KeyGroupPayload,
  KeyedState,
  KeyedStateOptions,
  KeyTable,
  ListState,
  MapState,
  PaneState,
  SnapshotReading,
  StateDescriptor,
  StateKind,
  TimerState,
  ValueState,
} from "../state-backend.ts";
import type { PaneSlotState, SlotState } from "../slot-state.ts";
import { KEY_GROUP_BITS_MAX } from "../key-group.ts";
import { Journal } from "./journal.ts";
import { FlatMapState } from "./flat-map-state.ts";
import { MemoryPaneSlotState } from "./pane-slot-state.ts";
import { MemoryPaneState } from "./pane-state.ts";
import { readPayload, type PayloadSections } from "./payload.ts";
import { RowTable } from "./row-table.ts";
import { MemorySlotState } from "./slot-state.ts";
import type { SnapshotPart } from "./snapshot-part.ts";
import { MemorySnapshotReading } from "./snapshot-reading.ts";
import { type SnapshotRule, SnapshotSeries } from "./snapshot-series.ts";
import { MemoryTimerState, TIMERS_MAX } from "./timer-state.ts";
import { TypedListState } from "./typed-list-state.ts";
import { TypedValueState } from "./typed-value-state.ts";

interface OpenState {
  readonly kind: StateKind;
  /** `sweep`: goes on with what was too much for one call, after each batch. */
  readonly state: SnapshotPart & { sweep?(): void };
}

/** The keyed state of one operator in one task, in memory: a row table, states and timers by row, one journal over them. */
export class MemoryKeyedState implements KeyedState {
  readonly #operator: string;
  readonly #bytesMax: number;
  readonly #keyGroupBits: number;
  readonly #table: RowTable;
  readonly #journal = new Journal();
  readonly #timers: MemoryTimerState;
  readonly #states = new Map<string, OpenState>();
  readonly #sections: PayloadSections;
  readonly #series: SnapshotSeries;
  #reading: SnapshotReading | null = null;

  /** `bytesMax`: more than that is TM_STATE_FULL, after a batch. */
  constructor(
    options: KeyedStateOptions,
    { bytesMax = Number.POSITIVE_INFINITY, snapshots = {} }: { bytesMax?: number; snapshots?: SnapshotRule } = {},
  ) {
    this.#bytesMax = bytesMax;
    const { operator, keyGroupBits, timers, states } = options;
    assert(
      keyGroupBits >= 0 && keyGroupBits <= KEY_GROUP_BITS_MAX,
      () => `key group bits ${keyGroupBits} out of range`,
    );
    if (timers.length > TIMERS_MAX) {
      throw new TidemarkError("TM_PIPELINE", `a step can declare at most ${TIMERS_MAX} timers`, {
        facts: { operator, timers: timers.length },
      });
    }
    this.#operator = operator;
    this.#keyGroupBits = keyGroupBits;
    this.#table = new RowTable(operator);
    this.#series = new SnapshotSeries(this.#table, keyGroupBits, snapshots);
    this.#timers = new MemoryTimerState(this.#table, this.#journal, timers.length);
    for (const descriptor of states) {
      assert(!this.#states.has(descriptor.name), () => `state "${descriptor.name}" of "${operator}" is declared twice`);
      this.#states.set(descriptor.name, this.#open(descriptor));
    }
    this.#sections = {
      operator,
      timers: new Map(timers.map((name, timer) => [name, this.#timers.part(timer)])),
      states: new Map(Array.from(this.#states, ([name, { kind, state }]) => [name, { kind, part: state }])),
    };
  }

  get keys(): KeyTable {
    return this.#table;
  }

  get timers(): TimerState {
    return this.#timers;
  }

  value<V>(name: string): ValueState<V> {
    return this.#named(name, "value") as unknown as ValueState<V>;
  }

  list<V>(name: string): ListState<V> {
    return this.#named(name, "list") as unknown as ListState<V>;
  }

  map<V>(name: string): MapState<V> {
    return this.#named(name, "map") as unknown as MapState<V>;
  }

  panes<A>(name: string): PaneState<A> {
    return this.#named(name, "panes") as unknown as PaneState<A>;
  }

  slots(name: string): SlotState {
    return this.#named(name, "slots") as unknown as SlotState;
  }

  paneSlots(name: string): PaneSlotState {
    return this.#named(name, "paneSlots") as unknown as PaneSlotState;
  }

  begin(): void {
    this.#journal.begin();
  }

  commit(): void {
    this.#journal.commit();
  }

  rollback(): void {
    this.#journal.rollback();
  }

  releaseEmptyRows(): void {
    assert(!this.#journal.active, "rows cannot be released inside a state journal");
    for (const { state } of this.#states.values()) state.sweep?.();
    // A snapshot that is being read names rows; what is empty stays a candidate.
    if (this.#reading === null) this.#table.releaseEmptyRows();
    if (this.#bytesMax !== Number.POSITIVE_INFINITY) this.#checkBytes();
  }

  snapshot(): KeyGroupPayload[] {
    const reading = this.freeze();
    while (!reading.advance(Number.MAX_SAFE_INTEGER));
    return reading.payloads();
  }

  freeze(): SnapshotReading {
    return this.#freeze(null);
  }

  freezeNext(): SnapshotReading {
    return this.#freeze(this.#series);
  }

  restore(payload: Uint8Array): void {
    assert(!this.#journal.active, "state cannot be restored inside a state journal");
    assert(this.#reading === null, "state cannot be restored while a snapshot is read");
    readPayload(payload, this.#table, this.#sections);
  }

  size(): { rows: number; bytes: number } {
    let bytes = this.#table.bytes + this.#timers.bytes;
    for (const { state } of this.#states.values()) bytes += state.bytes;
    return { rows: this.#table.liveRows, bytes };
  }

  #freeze(series: SnapshotSeries | null): SnapshotReading {
    assert(!this.#journal.active, "a snapshot cannot be taken inside a state journal");
    assert(this.#reading === null, "a snapshot is being read already");
    this.#reading = new MemorySnapshotReading({
      table: this.#table,
      keyGroupBits: this.#keyGroupBits,
      sections: this.#sections,
      series,
      onEnd: () => {
        this.#reading = null;
      },
    });
    return this.#reading;
  }

  #checkBytes(): void {
    const { rows, bytes } = this.size();
    if (bytes <= this.#bytesMax) return;
    throw new TidemarkError(
      "TM_STATE_FULL",
      "a step holds more state in a task than it may; clear state that is no longer needed, run the job with a higher parallelism, or raise the limit",
      { facts: { operator: this.#operator, keys: rows, bytes, bytesMax: this.#bytesMax } },
    );
  }

  #open(descriptor: StateDescriptor): OpenState {
    const { kind } = descriptor;
    const operator = this.#operator;
    switch (kind) {
      case "value":
        return { kind, state: new TypedValueState(this.#table, this.#journal, descriptor.codec) };
      case "list":
        return { kind, state: new TypedListState(this.#table, this.#journal, descriptor.codec) };
      case "map":
        return { kind, state: new FlatMapState(this.#table, this.#journal, descriptor.codec) };
      case "panes":
        return { kind, state: new MemoryPaneState(this.#table, this.#journal, { operator, ...descriptor }) };
      case "slots":
        return { kind, state: new MemorySlotState(this.#table, this.#journal, { operator, ...descriptor }) };
      case "paneSlots":
        return { kind, state: new MemoryPaneSlotState(this.#table, this.#journal, { operator, ...descriptor }) };
    }
  }

  #named(name: string, kind: StateKind): OpenState["state"] {
    const open = this.#states.get(name);
    assert(open?.kind === kind, () => `operator "${this.#operator}" declares no ${kind} state "${name}"`);
    return open.state;
  }
}
