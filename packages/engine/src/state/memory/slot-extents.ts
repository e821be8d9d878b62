/** Slots of a pane's first extent; each next one has twice as many, up to the largest. */
const FIRST_BITS = 3;
const LARGEST_BITS = 12;
const GROWING = LARGEST_BITS - FIRST_BITS;
/** Slots in the extents that grow. */
const GROWING_SLOTS = 2 ** LARGEST_BITS - 2 ** FIRST_BITS;

/** Slots of the extent with that ordinal in its pane. */
export function extentSlots(ordinal: number): number {
  return 1 << (FIRST_BITS + Math.min(ordinal, GROWING));
}

/** Ordinal of the extent that a pane's position is in. */
export function extentOf(position: number): number {
  if (position >= GROWING_SLOTS) return GROWING + ((position - GROWING_SLOTS) >>> LARGEST_BITS);
  return 31 - Math.clz32((position >>> FIRST_BITS) + 1);
}

/** The first position in an extent. */
export function extentStart(ordinal: number): number {
  if (ordinal >= GROWING) return GROWING_SLOTS + ((ordinal - GROWING) << LARGEST_BITS);
  return ((1 << ordinal) - 1) << FIRST_BITS;
}

/** Gives out ranges of slot numbers, and takes them back by size. */
export class SlotExtents {
  /** First slots of free extents, by extent size. */
  readonly #free: number[][] = Array.from({ length: GROWING + 1 }, () => []);
  /** Slots ever given out. */
  #end = 0;

  get end(): number {
    return this.#end;
  }

  /** First slot of an extent for a pane's extent of that ordinal. */
  take(ordinal: number): number {
    const reused = (this.#free[Math.min(ordinal, GROWING)] as number[]).pop();
    if (reused !== undefined) return reused;
    const start = this.#end;
    this.#end += extentSlots(ordinal);
    return start;
  }

  giveBack(start: number, ordinal: number): void {
    (this.#free[Math.min(ordinal, GROWING)] as number[]).push(start);
  }
}
