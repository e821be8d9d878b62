import {
  BYTES_INDEX,
  INDEX_BASE,
  INDEX_MASK,
  INDEX_OLD_BASE,
  INDEX_OLD_MASK,
  wordsHome,
  ROW_HASH,
  ROW_HIGH,
  ROW_LOW,
  ROW_MASK,
  rowAt,
} from "./resolve-keys";

const INDEX_MOVED: usize = 16;

/** Copies up to `slots` slots of the old index whose head is at `index`; 1 if none is left, or 0. */
export function moveSlots(index: usize, slots: u32): u32 {
  const oldBase = (<usize>load<u32>(index, INDEX_OLD_BASE)) << 2;
  const oldSlots = load<u32>(index, INDEX_OLD_MASK) + 1;
  const base = (<usize>load<u32>(index, INDEX_BASE)) << 2;
  const mask = load<u32>(index, INDEX_MASK);
  const from = load<u32>(index, INDEX_MOVED);
  const to = min<u32>(from + slots, oldSlots);
  for (let slot = from; slot < to; slot++) {
    const word = load<u32>(oldBase + ((<usize>slot) << 2));
    if (word !== 0) enterOnce(base, mask, homeOf(index, rowAt((word & ROW_MASK) - 1)), word);
  }
  store<u32>(index, to, INDEX_MOVED);
  return to === oldSlots ? 1 : 0;
}

function homeOf(index: usize, at: usize): u32 {
  if (index === BYTES_INDEX) return load<u32>(at, ROW_HASH);
  return wordsHome(load<u32>(at, ROW_LOW), load<u32>(at, ROW_HIGH));
}

function enterOnce(base: usize, mask: u32, home: u32, word: u32): void {
  let slot = home & mask;
  for (;;) {
    const at = base + ((<usize>slot) << 2);
    const there = load<u32>(at);
    if (there === word) return;
    if (there === 0) {
      store<u32>(at, word);
      return;
    }
    slot = (slot + 1) & mask;
  }
}
