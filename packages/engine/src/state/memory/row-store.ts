import { BATCH_ROWS_MAX } from "../../record/batch.ts";
import { INTEGER_TAG, TUPLE_TAG, writeIntegerWords } from "../../record/key-bytes.ts";
import { byteKeys } from "../../record/byte-keys.ts";
import type { IntegerPairs, KeyColumn } from "../../record/key-column.ts";
import { decodeKey } from "../../record/key-codec.ts";
import { INTEGER_KEY_BYTES, PAIR_KEY_BYTES } from "../../record/key-hash.ts";
import { RowKernel } from "./row-kernel.ts";
import { isGrowing, removeFromIndex } from "./row-index.ts";
import { moveSlots } from "../../record/kernels/move-slots-twin.ts";
import {
  ARENA_AT,
  ARENA_END,
  BYTES_INDEX,
  CELLS_USED,
  FREE_ROW,
  FREE_ROWS,
  HEADER_WORDS,
  INDEX_BASE,
  INDEX_COUNT,
  INDEX_MASK,
  INDEX_MOVED,
  INDEX_OLD_BASE,
  INDEX_OLD_MASK,
  INTEGER_INDEX,
  PAIR_INDEX,
  ROW_END,
  ROW_HASH,
  ROW_HIGH,
  ROW_LOW,
  ROW_MASK,
  ROW_STATE,
  ROW_WORDS,
  rowAt,
  SEGMENT_ROWS_MIN,
  SEGMENTS,
  STATE_CANDIDATE,
  STATE_HOLD,
  STATE_INTEGER,
  STATE_PAIR,
  STATE_WORDS,
} from "../../record/kernels/row-layout.ts";
import {
  addFreeCell,
  readWord,
  releaseCell,
  resolveBytes,
  resolveIntegers,
  resolvePairs,
} from "../../record/kernels/resolve-keys-twin.ts";
import { TableMemory, type TableMemoryOptions } from "./table-memory.ts";

const INDEX_SLOTS_MIN = 64;
/** An index of fewer slots is copied at once when it grows: some 0.1 ms. */
const SLOTS_AT_ONCE = 8_192;
/** Fewer keys are not worth a call into the kernel; nor is a memory of 4 GiB of addresses worth it for fewer in all. */
const KERNEL_KEYS_MIN = 24;
const KERNEL_KEYS_SEEN_MIN = 8_192;
const ARENA_CELLS_MIN = 512;
const ARENA_CELLS_MAX = 524_288;

const INDEXES = [INTEGER_INDEX, PAIR_INDEX, BYTES_INDEX] as const;

/** Room for so many keys of each kind, and cells for the bytes of the others. */
export interface Room {
  readonly integers: number;
  readonly pairs: number;
  readonly others: number;
  readonly cells: number;
}

export interface RowStoreOptions extends TableMemoryOptions {
  /** At most this many rows; default as many as an index word can name, 2^24 − 1. */
  readonly rowsMax?: number;
}

/**
 * Rows of keys in one memory: an index of integer keys, one of pairs (tuples of two integers of 32 bits), one of other keys with their bytes
 * in an arena of size classes, and a row of four words per key in segments that never move. What is made needs room that was reserved before, so that finding and making keys is
 * a loop over memory and nothing else.
 */
export class RowStore {
  readonly memory: TableMemory;
  readonly #rowsMax: number;
  #hasKernel: boolean;
  #kernel: RowKernel | null = null;
  #keysSeen = 0;
  #rowsReserved = 0;
  #arenaCells = 0;

  constructor(options: RowStoreOptions = {}) {
    this.memory = new TableMemory(options);
    this.#rowsMax = options.rowsMax ?? ROW_MASK;
    this.#hasKernel = options.webAssembly !== false;
    this.memory.allocate(HEADER_WORDS * 4);
  }

  get rowEnd(): number {
    return this.memory.words[ROW_END] as number;
  }

  get liveRows(): number {
    return this.rowEnd - (this.memory.words[FREE_ROWS] as number);
  }

  /** What live rows and their keys take, and the indexes. */
  get bytes(): number {
    const { words } = this.memory;
    const slots = INDEXES.reduce((sum, index) => sum + indexSlots(words, index), 0);
    return this.liveRows * ROW_WORDS * 4 + (words[CELLS_USED] as number) * 8 + slots * 4;
  }

  /**
   * Makes room for so many more keys, and `cells` more cells of key bytes; false where the store cannot hold them, and then it has changed
   * nothing that matters.
   */
  reserve(more: Room): boolean {
    return (
      this.#reserveRows(more.integers + more.pairs + more.others) &&
      (more.integers === 0 || this.#reserveIndex(INTEGER_INDEX, more.integers)) &&
      (more.pairs === 0 || this.#reserveIndex(PAIR_INDEX, more.pairs)) &&
      (more.others === 0 || this.#reserveIndex(BYTES_INDEX, more.others)) &&
      this.#reserveArena(more.cells)
    );
  }

  /**
   * Rows of the first `length` keys; the new ones are listed in `made`, their number is returned, and room was reserved. Without `made` none is
   * made, and a key without a row gets -1.
   */
  resolve(keys: KeyColumn, length: number, rows: Int32Array, made: Int32Array | null): number {
    const { integers, pairs } = keys;
    const kernel = this.#kernelFor(length);
    if (integers !== null) {
      if (kernel !== null) return kernel.resolveIntegers(integers, length, rows, made);
      return resolveIntegers(this.memory.words, integers, length, rows, made);
    }
    if (pairs !== null) {
      if (kernel !== null) return kernel.resolvePairs(pairs, length, rows, made);
      return resolvePairs(this.memory.words, this.memory.bytes, pairs, length, rows, made);
    }
    const count = kernel?.resolveBytes(keys, length, rows, made) ?? -1;
    return count < 0 ? resolveBytes(this.memory.words, this.memory.bytes, keys, length, rows, made) : count;
  }

  /** Goes on with the growth of the indexes. Costs up to `slots` slots each, nothing when none grows. */
  advance(slots: number): void {
    for (const index of INDEXES) this.#advance(index, slots);
  }

  key(row: number): unknown {
    const { words, bytes } = this.memory;
    const at = rowAt(words, row);
    const low = words[at + ROW_LOW] as number;
    const form = (words[at + ROW_STATE] as number) & STATE_WORDS;
    if (form === STATE_INTEGER) return integerOf(words, at);
    if (form === STATE_PAIR) return [low, words[at + ROW_HIGH]];
    const start = low * 8;
    if (isIntegerPair(bytes, start, words[at + ROW_HIGH] as number)) {
      return [integerAt(bytes, start + 2), integerAt(bytes, start + 11)];
    }
    return decodeKey(this.keyBytes(row));
  }

  /** Canonical bytes; those of integer keys and pairs are made anew, others are the store's own until it grows or the row is freed. */
  keyBytes(row: number): Uint8Array {
    const { words, bytes } = this.memory;
    const at = rowAt(words, row);
    if (((words[at + ROW_STATE] as number) & STATE_WORDS) !== 0) {
      const key = new Uint8Array(keyLengthAt(words, at));
      this.copyKey(row, key, 0);
      return key;
    }
    const start = (words[at + ROW_LOW] as number) * 8;
    return bytes.subarray(start, start + (words[at + ROW_HIGH] as number));
  }

  /** Length of the canonical bytes. */
  keyLength(row: number): number {
    const { words } = this.memory;
    return keyLengthAt(words, rowAt(words, row));
  }

  /** Writes the canonical bytes into `to` from `offset`. */
  copyKey(row: number, to: Uint8Array, offset: number): void {
    const { words, bytes } = this.memory;
    const at = rowAt(words, row);
    const low = words[at + ROW_LOW] as number;
    const high = words[at + ROW_HIGH] as number;
    const form = (words[at + ROW_STATE] as number) & STATE_WORDS;
    if (form === STATE_INTEGER) return writeIntegerWords(to, offset, high, low);
    if (form === STATE_PAIR) {
      to[offset] = TUPLE_TAG;
      writeIntegerWords(to, offset + 1, low >> 31, low);
      writeIntegerWords(to, offset + 1 + INTEGER_KEY_BYTES, high >> 31, high);
      return;
    }
    const start = low * 8;
    for (let i = 0; i < high; i++) to[offset + i] = bytes[start + i] as number;
  }

  /** Values of rows that all have integer keys; null where one has not. */
  integers(rows: Int32Array, length: number): Float64Array | null {
    const { words } = this.memory;
    const integers = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const at = rowAt(words, rows[i] as number);
      if (((words[at + ROW_STATE] as number) & STATE_INTEGER) === 0) return null;
      integers[i] = integerOf(words, at);
    }
    return integers;
  }

  /** Values of rows whose keys all are tuples of two integers; null where one is not. */
  pairs(rows: Int32Array, length: number): IntegerPairs | null {
    const { words, bytes } = this.memory;
    const first = new Float64Array(length);
    const second = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const at = rowAt(words, rows[i] as number);
      const low = words[at + ROW_LOW] as number;
      const high = words[at + ROW_HIGH] as number;
      const form = (words[at + ROW_STATE] as number) & STATE_WORDS;
      if (form === STATE_PAIR) {
        first[i] = low;
        second[i] = high;
      } else if (form === 0 && isIntegerPair(bytes, low * 8, high)) {
        first[i] = integerAt(bytes, low * 8 + 2);
        second[i] = integerAt(bytes, low * 8 + 11);
      } else {
        return null;
      }
    }
    return { first, second };
  }

  /** Keys of rows, each beginning at a multiple of 8 bytes, so that whole words are copied. */
  keyColumn(rows: Int32Array, length: number): KeyColumn {
    const { words } = this.memory;
    const offsets = new Int32Array(length);
    const lengths = new Int32Array(length);
    const hashes = new Uint32Array(length);
    let end = 0;
    for (let i = 0; i < length; i++) {
      const at = rowAt(words, rows[i] as number);
      const size = keyLengthAt(words, at);
      offsets[i] = end;
      lengths[i] = size;
      hashes[i] = words[at + ROW_HASH] as number;
      end += (size + 7) & ~7;
    }
    const bytes = new Uint8Array(end);
    const to = new Int32Array(bytes.buffer);
    for (let i = 0; i < length; i++) {
      const row = rows[i] as number;
      const at = rowAt(words, row);
      if (((words[at + ROW_STATE] as number) & STATE_WORDS) !== 0) {
        this.copyKey(row, bytes, offsets[i] as number);
        continue;
      }
      // A key's last cell is its own to the end: nothing of another key is copied.
      const from = (words[at + ROW_LOW] as number) * 2;
      const start = (offsets[i] as number) >>> 2;
      const count = ((lengths[i] as number) + 3) >>> 2;
      for (let word = 0; word < count; word++) to[start + word] = words[from + word] as number;
    }
    return byteKeys({ bytes, offsets, lengths, hashes });
  }

  isInteger(row: number): boolean {
    const { words } = this.memory;
    return ((words[rowAt(words, row) + ROW_STATE] as number) & STATE_INTEGER) !== 0;
  }

  isPair(row: number): boolean {
    const { words } = this.memory;
    return ((words[rowAt(words, row) + ROW_STATE] as number) & STATE_PAIR) !== 0;
  }

  /** Value of an integer key. */
  integer(row: number): number {
    const { words } = this.memory;
    return integerOf(words, rowAt(words, row));
  }

  /** First number of a pair. */
  first(row: number): number {
    const { words } = this.memory;
    return words[rowAt(words, row) + ROW_LOW] as number;
  }

  /** Second number of a pair. */
  second(row: number): number {
    const { words } = this.memory;
    return words[rowAt(words, row) + ROW_HIGH] as number;
  }

  /** Canonical hash, unsigned. */
  hash(row: number): number {
    const { words } = this.memory;
    return (words[rowAt(words, row) + ROW_HASH] as number) >>> 0;
  }

  isHeld(row: number): boolean {
    const { words } = this.memory;
    return row < (words[ROW_END] as number) && (words[rowAt(words, row) + ROW_STATE] as number) >= STATE_HOLD;
  }

  hold(row: number): void {
    const { words } = this.memory;
    const at = rowAt(words, row) + ROW_STATE;
    words[at] = (words[at] as number) + STATE_HOLD;
  }

  /** True if the row became a candidate for release: nothing holds it, and it was none before. */
  letGo(row: number): boolean {
    const { words } = this.memory;
    const at = rowAt(words, row) + ROW_STATE;
    const state = (words[at] as number) - STATE_HOLD;
    const isNew = state < STATE_HOLD && (state & STATE_CANDIDATE) === 0;
    words[at] = isNew ? state | STATE_CANDIDATE : state;
    return isNew;
  }

  /** A candidate is none any more; the row is free if nothing holds it. */
  settle(row: number): void {
    const { words } = this.memory;
    const at = rowAt(words, row);
    const state = (words[at + ROW_STATE] as number) & ~STATE_CANDIDATE;
    words[at + ROW_STATE] = state;
    if (state >= STATE_HOLD) return;
    if ((state & STATE_INTEGER) !== 0) {
      removeFromIndex(words, INTEGER_INDEX, row);
    } else if ((state & STATE_PAIR) !== 0) {
      removeFromIndex(words, PAIR_INDEX, row);
    } else {
      removeFromIndex(words, BYTES_INDEX, row);
      releaseCell(words, words[at + ROW_LOW] as number, words[at + ROW_HIGH] as number);
    }
    words[at + ROW_STATE] = 0;
    words[at + ROW_LOW] = words[FREE_ROW] as number;
    words[FREE_ROW] = row + 1;
    words[FREE_ROWS] = (words[FREE_ROWS] as number) + 1;
  }

  /** Null where the loops in TypeScript do as well: for few keys, and in a store that sees few. */
  #kernelFor(length: number): RowKernel | null {
    if (length < KERNEL_KEYS_MIN || length > BATCH_ROWS_MAX || !this.#hasKernel) return null;
    this.#keysSeen += length;
    if (this.#kernel === null && this.#keysSeen > KERNEL_KEYS_SEEN_MIN) {
      this.#kernel = RowKernel.open(this.memory);
      if (this.#kernel === null) this.#hasKernel = false;
    }
    return this.#kernel;
  }

  #reserveRows(more: number): boolean {
    const { words } = this.memory;
    const end = (words[ROW_END] as number) + Math.max(0, more - (words[FREE_ROWS] as number));
    if (end > this.#rowsMax) return false;
    while (end > this.#rowsReserved) {
      const first = this.#rowsReserved;
      const rows = Math.max(SEGMENT_ROWS_MIN, first);
      const at = this.memory.allocate(rows * ROW_WORDS * 4);
      if (at < 0) return false;
      this.memory.words[SEGMENTS + Math.clz32(first | 32)] = at / 4 - first * ROW_WORDS;
      this.#rowsReserved = first + rows;
    }
    return true;
  }

  #reserveIndex(index: number, more: number): boolean {
    let { words } = this.memory;
    const base = words[index + INDEX_BASE] as number;
    const slots = indexSlots(words, index);
    const needed = (words[index + INDEX_COUNT] as number) + more;
    if (needed * 5 <= slots * 3) return true;
    // Only where one call makes more keys than there are: between two growths there is time to finish the first.
    this.#advance(index, slots);
    let wanted = Math.max(INDEX_SLOTS_MIN, slots * 2);
    while (needed * 5 > wanted * 3) wanted *= 2;
    const at = this.memory.allocate(wanted * 4, true);
    if (at < 0) return false;
    words = this.memory.words;
    words[index + INDEX_OLD_BASE] = base;
    words[index + INDEX_OLD_MASK] = words[index + INDEX_MASK] as number;
    words[index + INDEX_MOVED] = 0;
    words[index + INDEX_BASE] = at / 4;
    words[index + INDEX_MASK] = wanted - 1;
    if (slots <= SLOTS_AT_ONCE) this.#advance(index, slots);
    return true;
  }

  #advance(index: number, slots: number): void {
    const { words } = this.memory;
    if (!isGrowing(words, index)) return;
    if (!(this.#kernel?.moveSlots(index, slots) ?? moveSlots(words, index, slots))) return;
    const oldBase = words[index + INDEX_OLD_BASE] as number;
    words[index + INDEX_OLD_BASE] = 0;
    this.memory.release(oldBase * 4, ((words[index + INDEX_OLD_MASK] as number) + 1) * 4);
  }

  #reserveArena(cells: number): boolean {
    const { words } = this.memory;
    if ((words[ARENA_END] as number) - (words[ARENA_AT] as number) >= cells) return true;
    const size = Math.max(cells, Math.min(ARENA_CELLS_MAX, Math.max(ARENA_CELLS_MIN, this.#arenaCells >>> 3)));
    const at = this.memory.allocate(size * 8);
    if (at < 0) return false;
    this.#arenaCells += size;
    this.#addToArena(at / 8, size);
    return true;
  }

  #addToArena(cell: number, cells: number): void {
    const { words } = this.memory;
    const end = words[ARENA_END] as number;
    if (cell !== end) {
      // What is left of the last block goes to the free cells of up to 16.
      for (let at = words[ARENA_AT] as number; at < end;) {
        const size = Math.min(16, end - at);
        addFreeCell(words, at, size * 8);
        at += size;
      }
      words[ARENA_AT] = cell;
    }
    words[ARENA_END] = cell + cells;
  }
}

function indexSlots(words: Int32Array, index: number): number {
  return words[index + INDEX_BASE] === 0 ? 0 : (words[index + INDEX_MASK] as number) + 1;
}

/** Length of the canonical bytes of the key of the row at a word. */
function keyLengthAt(words: Int32Array, at: number): number {
  const form = (words[at + ROW_STATE] as number) & STATE_WORDS;
  if (form === 0) return words[at + ROW_HIGH] as number;
  return form === STATE_PAIR ? PAIR_KEY_BYTES : INTEGER_KEY_BYTES;
}

function integerOf(words: Int32Array, at: number): number {
  return (words[at + ROW_HIGH] as number) * 0x1_0000_0000 + ((words[at + ROW_LOW] as number) >>> 0);
}

/** A tuple of two integers: the tag of tuples, and two integer keys. */
function isIntegerPair(bytes: Uint8Array, start: number, length: number): boolean {
  return (
    length === PAIR_KEY_BYTES &&
    bytes[start] === TUPLE_TAG &&
    bytes[start + 1] === INTEGER_TAG &&
    bytes[start + 10] === INTEGER_TAG
  );
}

function integerAt(bytes: Uint8Array, at: number): number {
  return (readWord(bytes, at) ^ 0x8000_0000) * 0x1_0000_0000 + (readWord(bytes, at + 4) >>> 0);
}
