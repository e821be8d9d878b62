import { BATCH_ROWS_MAX } from "../record/batch.ts";
import type { PaneSlotState, SlotField } from "../state/slot-state.ts";

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
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  readonly #at: Int32Array = new Int32Array(BATCH_ROWS_MAX);

  constructor(slots: PaneSlotState) {
    this.#slots = slots;
  }

  /** The window fires over its panes. Returns the keys' rows for which it had fired before; null: none. */
  fire(panes: readonly number[], end: number): ReadonlySet<number> | null {
    const fired = new Set<number>();
    for (const pane of panes) {
      let from = 0;
      for (let count = -1; count !== 0; from += count) {
        count = this.#slots.scan(pane, from, this.#rows, this.#at);
        this.#note(count, end, fired);
      }
    }
    return fired.size === 0 ? null : fired;
  }

  /** Notes the firing in slots that were scanned. A loop of its own, so that it is compiled once and not anew for each firing. */
  #note(count: number, end: number, fired: Set<number>): void {
    const slots = this.#slots;
    const { words } = slots;
    const at = this.#at;
    for (let i = 0; i < count; i++) {
      const slot = at[i] as number;
      if ((words[slot + FIRED] as number) >= end) {
        fired.add(this.#rows[i] as number);
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
