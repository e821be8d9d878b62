// Layout of the memory of a row store; kernels/assembly/resolve-keys.ts knows the same numbers.

/** Words of the header, at address 0. Addresses in it count words, those of the arena cells of 8 bytes. */
export const ROW_END = 0;
/** Row + 1 of the first free row, which has the next one in ROW_LOW; 0 is none. */
export const FREE_ROW = 1;
export const FREE_ROWS = 2;
/** Cells of the arena not yet given out. */
export const ARENA_AT = 3;
export const ARENA_END = 4;
/** Cells that hold key bytes of live rows. */
export const CELLS_USED = 5;
/** Heads of the indexes, see INDEX_*. Tuples of two integers of 32 bits are pairs; others are keys of bytes. */
export const INTEGER_INDEX = 8;
export const BYTES_INDEX = 16;
export const PAIR_INDEX = 104;
/** By clz32 of the rows of a segment, 26 down to 8: address of its first row, less ROW_WORDS times that row. */
export const SEGMENTS = 16;
/** By size class: first free cell, which has the next one in its first word; 0 is none. */
export const FREE_CELLS = 48;
export const HEADER_WORDS = 112;

/** Words of the head of an index. While it grows there is an old one beside it: whole, with its first INDEX_MOVED slots copied. */
export const INDEX_BASE = 0;
export const INDEX_MASK = 1;
export const INDEX_OLD_BASE = 2;
export const INDEX_OLD_MASK = 3;
export const INDEX_MOVED = 4;
export const INDEX_COUNT = 5;

/** An index word is 8 bits of tag and 24 of row + 1; 0 is an empty slot. */
export const ROW_MASK = 0x00ff_ffff;
export const TAG_MASK: number = 0xff00_0000 | 0;

/** Words of a row. The hash is the canonical one. */
export const ROW_HASH = 0;
/** Low word of an integer key; first of a pair; of another key, its first cell in the arena. Of a free row, the next free row + 1. */
export const ROW_LOW = 1;
/** High word of an integer key; second of a pair; of another key, its length in bytes. */
export const ROW_HIGH = 2;
/** STATE_* bits, and holds in steps of STATE_HOLD. */
export const ROW_STATE = 3;
export const ROW_WORDS = 4;

export const STATE_LIVE = 1;
export const STATE_CANDIDATE = 2;
export const STATE_INTEGER = 4;
export const STATE_PAIR = 8;
/** The key is in the row, not in the arena. */
export const STATE_WORDS = 12;
export const STATE_HOLD = 16;

/** Segment 0 has rows 0 to 63; each further one as many as all before it. So rows never move, and a small table is small. */
export const SEGMENT_ROWS_MIN = 64;

/** First word of a row. */
export function rowAt(words: Int32Array, row: number): number {
  return ((words[SEGMENTS + Math.clz32(row | 32)] as number) + row * ROW_WORDS) | 0;
}

/** Hash, in its index only, of an integer key by its words, or of a pair; 16 neighbours have the same, and share a cache line. */
export function mixWords(low: number, high: number): number {
  let hash = Math.imul((low >>> 4) ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2_ae35);
  return hash ^ (hash >>> 13);
}

/** Home slot of such a key, to be masked. */
export function wordsSlot(mixed: number, low: number): number {
  return (mixed << 4) | (low & 15);
}

/** Its tag tells neighbours apart, which have one hash. */
export function wordsTag(mixed: number, low: number): number {
  return (mixed ^ Math.imul(low & 15, 0x1100_0000)) & TAG_MASK;
}

/** The home slot of byte keys is the low bits of the hash; its top bits are the key group, nearly constant in one task. */
export function bytesTag(hash: number): number {
  return Math.imul(hash, 0x9e37_79b1) & TAG_MASK;
}

/** Cells that key bytes take: up to 16 as many as needed, then four sizes per doubling, up to 8,192. */
export function cellsOf(length: number): number {
  const cells = Math.max(1, (length + 7) >>> 3);
  if (cells <= 16) return cells;
  const shift = 29 - Math.clz32(cells - 1);
  return (((cells - 1) >>> shift) + 1) << shift;
}

/** Size class of key bytes, 0 to 51; FREE_CELLS has one word each. */
export function cellClassOf(length: number): number {
  const cells = Math.max(1, (length + 7) >>> 3);
  if (cells <= 16) return cells - 1;
  const shift = 29 - Math.clz32(cells - 1);
  return shift * 4 + ((cells - 1) >>> shift) + 4;
}
