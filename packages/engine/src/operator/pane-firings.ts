import { BATCH_ROWS_MAX } from "../record/batch.ts";
import type { PaneSlotState, SlotField } from "../state/slot-state.ts";
import type { SlotChunk } from "./merged-panes.ts";

/** The slot's first word: the end of the last window with this pane that the slot's key has no result to expect of. */
const FIRED = 0;

/** The field that {@link PaneFirings} needs, the first of the slots. */
export const FIRED_FIELD: SlotField = { name: "fired", kind: "number", initial: Number.NEGATIVE_INFINITY, codec: null };

/**
 * Which windows have fired, where windows share panes: after a restore, when time begins anew, they must not fire again for panes that are
 * still kept. A window has fired for a key if any slot of the key in its panes says so. Windows fire in the order of their ends, so the last one
 * stands for those before it.
 */
export class PaneFirings {
  readonly #slots: PaneSlotState;
  readonly #at: Int32Array = new Int32Array(BATCH_ROWS_MAX);

  constructor(slots: PaneSlotState) {
    this.#slots = slots;
  }

  /** A window fires over slots of its panes, which are noted. Keys for which it had fired before are added to `fired`. */
  fire({ stateRows, slots: at, count }: SlotChunk, end: number, fired: Set<number>): void {
    const slots = this.#slots;
    const { words } = slots;
    for (let i = 0; i < count; i++) {
      const slot = at[i] as number;
      if ((words[slot + FIRED] as number) >= end) {
        fired.add(stateRows[i] as number);
        continue;
      }
      slots.touch(slot);
      words[slot + FIRED] = end;
    }
  }

  /** True if the window has fired for a key, or was over before the key came into its panes. */
  hasFired(stateRow: number, panes: readonly number[], end: number): boolean {
    const slots = this.#slots;
    return panes.some((pane) => {
      const at = slots.find(stateRow, pane);
      return at >= 0 && (slots.words[at + FIRED] as number) >= end;
    });
  }

  /** Windows up to that end count as fired for keys of a pane that they contain. */
  close(stateRows: Int32Array, count: number, { pane, end }: { readonly pane: number; readonly end: number }): void {
    const at = this.#at;
    this.#slots.claimAll(stateRows, count, pane, at);
    const { words } = this.#slots;
    for (let i = 0; i < count; i++) {
      const place = (at[i] as number) + FIRED;
      if ((words[place] as number) < end) words[place] = end;
    }
  }
}
