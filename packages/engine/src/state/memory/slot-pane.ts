import { extentOf, extentSlots, extentStart } from "./slot-extents.ts";
import type { RowSlots } from "./row-slots.ts";

/** Where the slots of a pane are. */
export interface PanePlaces {
  readonly start: number;
  /** First slot of each extent. */
  readonly extents: readonly number[];
  readonly size: number;
}

/** Slot of a position, by the pane's extents. */
export function slotAt(extents: readonly number[], position: number): number {
  const ordinal = extentOf(position);
  return (extents[ordinal] as number) + position - extentStart(ordinal);
}

/** One pane of slots. Positions are dense; a position's slot is in one of the pane's extents. */
export class SlotPane implements PanePlaces {
  readonly start: number;
  /** Panes that were made later have higher numbers. */
  readonly number: number;
  /** Words of those rows for which it is not the newest pane; null as long as nobody had to know. */
  older: RowSlots | null = null;
  /** First slot of each extent. */
  readonly extents: number[] = [];
  size = 0;
  /** The slot of position `size`, and how many follow without a new extent. */
  #next = 0;
  #left = 0;

  constructor(start: number, number: number) {
    this.start = start;
    this.number = number;
  }

  /** True where {@link append} needs another extent first. */
  get isFull(): boolean {
    return this.#left === 0 && extentOf(this.size) === this.extents.length;
  }

  /** Takes the next position; returns its slot. */
  append(): number {
    if (this.#left === 0) this.#locate();
    this.size++;
    this.#left--;
    return this.#next++;
  }

  /** Gives up the last position; returns its slot. */
  removeLast(): number {
    this.size--;
    this.#locate();
    return this.#next;
  }

  slotAt(position: number): number {
    return slotAt(this.extents, position);
  }

  /** How many slots, from a position's on, lie one after the other, up to `most`. */
  run(position: number, most: number): number {
    const ordinal = extentOf(position);
    return Math.min(most, this.size - position, extentStart(ordinal) + extentSlots(ordinal) - position);
  }

  /** Where its slots are now. */
  places(): PanePlaces {
    return { start: this.start, extents: this.extents.slice(), size: this.size };
  }

  #locate(): void {
    const ordinal = extentOf(this.size);
    const within = this.size - extentStart(ordinal);
    this.#next = (this.extents[ordinal] as number) + within;
    this.#left = extentSlots(ordinal) - within;
  }
}
