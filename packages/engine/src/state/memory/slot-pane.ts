import { extentOf, extentStart } from "./slot-extents.ts";
import { RowSlots } from "./row-slots.ts";

/** One pane of slots: which rows are in it, at which slots. Positions are dense; a position's slot is in one of the pane's extents. */
export class SlotPane {
  readonly start: number;
  readonly slots: RowSlots = new RowSlots();
  /** First slot of each extent. */
  readonly extents: number[] = [];
  size = 0;

  constructor(start: number) {
    this.start = start;
  }

  slotAt(position: number): number {
    const ordinal = extentOf(position);
    return (this.extents[ordinal] as number) + position - extentStart(ordinal);
  }
}
