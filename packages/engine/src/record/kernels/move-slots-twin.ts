import type { KernelMemory } from "./kernel-memory.ts";
import {
  BYTES_INDEX,
  INDEX_BASE,
  INDEX_MASK,
  INDEX_MOVED,
  INDEX_OLD_BASE,
  INDEX_OLD_MASK,
  wordsSlot,
  mixWords,
  ROW_HASH,
  ROW_HIGH,
  ROW_LOW,
  ROW_MASK,
  rowAt,
} from "./row-layout.ts";

// Twin of kernels/assembly/move-slots.ts, over arrays: a growing index is copied in slices, see state/memory/row-index.ts.

/** Copies up to `slots` slots of the old index; true if none is left. The caller then releases it. */
export function moveSlots(words: Int32Array, index: number, slots: number): boolean {
  const oldBase = words[index + INDEX_OLD_BASE] as number;
  const oldSlots = (words[index + INDEX_OLD_MASK] as number) + 1;
  const base = words[index + INDEX_BASE] as number;
  const mask = words[index + INDEX_MASK] as number;
  const from = words[index + INDEX_MOVED] as number;
  const to = Math.min(from + slots, oldSlots);
  for (let slot = from; slot < to; slot++) {
    const word = words[oldBase + slot] as number;
    if (word !== 0) enterOnce(words, base, mask, homeOf(words, index, (word & ROW_MASK) - 1), word);
  }
  words[index + INDEX_MOVED] = to;
  return to === oldSlots;
}

/** Home slot of a row, to be masked. */
export function homeOf(words: Int32Array, index: number, row: number): number {
  const at = rowAt(words, row);
  if (index === BYTES_INDEX) return words[at + ROW_HASH] as number;
  const low = words[at + ROW_LOW] as number;
  return wordsSlot(mixWords(low, words[at + ROW_HIGH] as number), low);
}

/** Puts a word into the first free slot from its home on, if it is not there. */
export function enterOnce(words: Int32Array, base: number, mask: number, home: number, word: number): void {
  let slot = home & mask;
  for (;;) {
    const there = words[base + slot] as number;
    if (there === word) return;
    if (there === 0) {
      words[base + slot] = word;
      return;
    }
    slot = (slot + 1) & mask;
  }
}

/** The export of kernels/assembly/move-slots.ts. */
export interface MoveSlots {
  moveSlots(index: number, slots: number): number;
}

/** Its twin, over the function above. */
export function moveSlotsTwin(memory: KernelMemory): MoveSlots {
  return { moveSlots: (index, slots) => (moveSlots(memory.views().int32, index / 4, slots) ? 1 : 0) };
}
