import { enterOnce, homeOf } from "../../record/kernels/move-slots-twin.ts";
import {
  INDEX_BASE,
  INDEX_COUNT,
  INDEX_MASK,
  INDEX_MOVED,
  INDEX_OLD_BASE,
  INDEX_OLD_MASK,
  ROW_MASK,
} from "../../record/kernels/row-layout.ts";

// The two indexes of a row store: open addressing with linear probing, no tombstones. `index` is INTEGER_INDEX or BYTES_INDEX.
//
// Growth is resumable. The old index stays whole until all of it is copied; a look-up asks the new one, then the old. What is made meanwhile
// goes into the new one only, what is removed is removed from both. A word is copied at most once, since copying looks for it first.

/** True while the index has an old one beside it. */
export function isGrowing(words: Int32Array, index: number): boolean {
  return words[index + INDEX_OLD_BASE] !== 0;
}

/** Takes out a row that is in the index. */
export function removeFromIndex(words: Int32Array, index: number, row: number): void {
  const home = homeOf(words, index, row);
  const base = words[index + INDEX_BASE] as number;
  const mask = words[index + INDEX_MASK] as number;
  const slot = slotOf(words, base, mask, home, row);
  if (slot >= 0) closeGap(words, index, base, mask, slot, false);
  const oldBase = words[index + INDEX_OLD_BASE] as number;
  if (oldBase !== 0) {
    const oldMask = words[index + INDEX_OLD_MASK] as number;
    const oldSlot = slotOf(words, oldBase, oldMask, home, row);
    if (oldSlot >= 0) closeGap(words, index, oldBase, oldMask, oldSlot, true);
  }
  words[index + INDEX_COUNT] = (words[index + INDEX_COUNT] as number) - 1;
}

/** Slot of a row, -1 if it is not in this index. */
function slotOf(words: Int32Array, base: number, mask: number, home: number, row: number): number {
  let slot = home & mask;
  for (;;) {
    const word = words[base + slot] as number;
    if (word === 0) return -1;
    if ((word & ROW_MASK) === row + 1) return slot;
    slot = (slot + 1) & mask;
  }
}

/** Moves later words of the same run into the gap, so that no look-up stops before its key. */
function closeGap(words: Int32Array, index: number, base: number, mask: number, gap: number, isOld: boolean): void {
  const moved = words[index + INDEX_MOVED] as number;
  let hole = gap;
  for (let next = (hole + 1) & mask; ; next = (next + 1) & mask) {
    const word = words[base + next] as number;
    if (word === 0) break;
    const home = homeOf(words, index, (word & ROW_MASK) - 1);
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    words[base + hole] = word;
    // It would be behind the copying, never copied.
    if (isOld && hole < moved && next >= moved) {
      enterOnce(words, words[index + INDEX_BASE] as number, words[index + INDEX_MASK] as number, home, word);
    }
    hole = next;
  }
  words[base + hole] = 0;
}
