import { BATCH_ROWS_MAX } from "../record/batch.ts";
import type { PaneSlotState } from "../state/slot-state.ts";
import type { KeyedState, StateDescriptor } from "../state/state-backend.ts";

/** The state's name. */
const REVISIONS = "revisions";

/** Of a window that counts as fired, and had no result. */
const NO_RESULT = -1;

/** The state that {@link WindowRevisions} needs. */
export const REVISIONS_DESCRIPTOR: StateDescriptor = {
  name: REVISIONS,
  kind: "paneSlots",
  fields: [{ name: "revision", kind: "number", initial: NO_RESULT, codec: null }],
};

/** The revision of each (key, window) that has fired, in the window's last pane, as long as that pane is kept. */
export class WindowRevisions {
  readonly slots: PaneSlotState;
  readonly #at = new Int32Array(BATCH_ROWS_MAX);

  constructor(state: KeyedState) {
    this.slots = state.paneSlots(REVISIONS);
  }

  /** True if a window whose last pane it is has fired for any key. */
  hasAny(lastPane: number): boolean {
    return this.slots.size(lastPane) > 0;
  }

  hasFired(stateRow: number, lastPane: number): boolean {
    return this.slots.find(stateRow, lastPane) >= 0;
  }

  /** Of the next result. */
  next(stateRow: number, lastPane: number): number {
    const at = this.slots.find(stateRow, lastPane);
    return at < 0 ? 0 : (this.slots.words[at] as number) + 1;
  }

  /** Notes the revision of results that keys have had. */
  note(stateRows: Int32Array, count: number, { lastPane, revision }: { lastPane: number; revision: number }): void {
    const at = this.#at;
    this.slots.claimAll(stateRows, count, lastPane, at);
    const { words } = this.slots;
    for (let i = 0; i < count; i++) words[at[i] as number] = revision;
  }

  /** Windows that have not fired for a key count as fired, without a result. */
  close(stateRows: Int32Array, count: number, lastPane: number): void {
    this.slots.claimAll(stateRows, count, lastPane, this.#at);
  }
}
