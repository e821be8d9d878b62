import { assert } from "../../foundation/assert.ts";
import { TidemarkError } from "../../foundation/error.ts";
import { BATCH_ROWS_MAX } from "../../record/batch.ts";
import { byteKeys } from "../../record/byte-keys.ts";
import { integerKeys } from "../../record/integer-keys.ts";
import type { IntegerPairs, KeyColumn } from "../../record/key-column.ts";
import { hashInteger, hashKey, PAIR_KEY_BYTES } from "../../record/key-hash.ts";
import { gatherInts } from "../../record/gather.ts";
import { pairKeys } from "../../record/pair-keys.ts";
import { selectKeys } from "../../record/row-copy.ts";
import type { KeyTable } from "../state-backend.ts";
import { cellsOf, ROW_MASK } from "../../record/kernels/row-layout.ts";
import { RepeatedKeys } from "./repeated-keys.ts";
import { RowChanges } from "./row-changes.ts";
import { RowList } from "./row-list.ts";
import {
  findInteger,
  findKey,
  highOf,
  isIntegerKey,
  isPairKey,
  makeInteger,
  makeKey,
} from "../../record/kernels/resolve-keys-twin.ts";
import { type Room, RowStore, type RowStoreOptions } from "./row-store.ts";

/** A row id is 7 bits of store and 24 of row in it. */
const STORES_MAX = 127;
const STORE_ROWS = ROW_MASK + 1;
/** Slots of a growing index that a resolve moves per key, and bounds of that: some 0.5 ms a batch, and done long before it must grow again. */
const SLOTS_PER_KEY = 8;
const SLOTS_MIN = 256;
const SLOTS_MAX = 32_768;
/** Room for this many cells of key bytes, 256 KiB, is made at once; keys that may take more are looked at one by one. */
const CELLS_AT_ONCE = 32_768;
/** Fewer keys than this are resolved as they are. */
const REPEATS_ROWS_MIN = 64;
/** Candidates looked at in one release; more than a batch makes, so that none waits for long. */
const RELEASES_MAX = 32_768;

export interface RowTableOptions extends RowStoreOptions {
  /** At most so many stores, one behind the other; default 127. */
  readonly storesMax?: number;
}

/**
 * Rows by canonical key bytes. A row id stays a key's as long as something holds the row: states and timers `hold` a row while they have
 * something for it, and only a row that nothing holds is freed. No object per key, so garbage collection does not grow with the number of
 * keys; no call takes time in proportion to it either.
 *
 * Keys are in one store until it is full, at 2^24 − 1 rows or 4 GiB; then further stores are opened, and a key is looked for in each.
 */
export class RowTable implements KeyTable {
  /** Rows are marked when they are resolved or let go; what changes otherwise is marked by who changes it. */
  readonly changes: RowChanges = new RowChanges();
  readonly #operator: string;
  readonly #options: RowTableOptions;
  readonly #stores: RowStore[];
  readonly #first: RowStore;
  /** Rows that may be empty: made by resolve, or let go by their last holder. */
  readonly #candidates = new RowList();

  readonly #repeated = new RepeatedKeys();
  readonly #distinctRows = new Int32Array(BATCH_ROWS_MAX);
  /** Rows that one resolve made. */
  #made = new Int32Array(BATCH_ROWS_MAX);

  constructor(operator: string, options: RowTableOptions = {}) {
    this.#operator = operator;
    this.#options = options;
    this.#first = new RowStore(options);
    this.#stores = [this.#first];
  }

  get liveRows(): number {
    let rows = 0;
    for (const store of this.#stores) rows += store.liveRows;
    return rows;
  }

  /** Every row id is below it. Not every number below it is a row: ask isHeld. */
  get rowEnd(): number {
    const last = this.#stores.length - 1;
    return last * STORE_ROWS + (this.#stores[last] as RowStore).rowEnd;
  }

  get bytes(): number {
    let bytes = 0;
    for (const store of this.#stores) bytes += store.bytes;
    return bytes;
  }

  /** Bytes taken from the machine. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const store of this.#stores) bytes += store.memory.byteLength;
    return bytes;
  }

  resolve(keys: KeyColumn, length: number, rows: Int32Array): void {
    this.#advance(length);
    const { integers } = keys;
    const isBatch = length >= REPEATS_ROWS_MIN && length <= BATCH_ROWS_MAX;
    const count = integers === null || !isBatch ? -1 : this.#repeated.collect(integers, length);
    if (count < 0) {
      this.#resolveAll(keys, length, rows);
    } else {
      this.#resolveAll(integerKeys(this.#repeated.distinct), count, this.#distinctRows);
      this.#repeated.spread(this.#distinctRows, length, rows);
    }
  }

  #resolveAll(keys: KeyColumn, length: number, rows: Int32Array): void {
    const room = roomFor(keys, length);
    if (this.#stores.length > 1) this.#resolveInStores(keys, length, rows);
    else if (room.cells <= CELLS_AT_ONCE && this.#first.reserve(room)) this.#make(0, keys, length, rows);
    else for (let i = 0; i < length; i++) rows[i] = this.#findOrMake(keys, i);
    this.changes.markAll(rows, length);
  }

  /** The row of a key given alone; hashes it. */
  resolveOne(key: Uint8Array): number {
    this.#advance(1);
    return this.#findOrMakeBytes(key, 0, key.length, hashKey(key, 0, key.length) | 0);
  }

  key(row: number): unknown {
    return this.#storeOf(row).key(row & ROW_MASK);
  }

  keyBytes(row: number): Uint8Array {
    return this.#storeOf(row).keyBytes(row & ROW_MASK);
  }

  /** Bytes that a row's key has. */
  keyLength(row: number): number {
    return this.#storeOf(row).keyLength(row & ROW_MASK);
  }

  /** Writes a row's key bytes at `offset`. */
  copyKey(row: number, to: Uint8Array, offset: number): void {
    this.#storeOf(row).copyKey(row & ROW_MASK, to, offset);
  }

  keyColumn(rows: Int32Array, length: number): KeyColumn {
    if (this.#stores.length === 1) {
      const integers = this.#first.integers(rows, length);
      if (integers !== null) return integerKeys(integers);
      const pairs = this.#first.pairs(rows, length);
      return pairs === null ? this.#first.keyColumn(rows, length) : pairKeys(pairs);
    }
    const offsets = new Int32Array(length);
    const lengths = new Int32Array(length);
    const hashes = new Uint32Array(length);
    let total = 0;
    for (let i = 0; i < length; i++) {
      const row = rows[i] as number;
      const store = this.#storeOf(row);
      const size = store.keyLength(row & ROW_MASK);
      offsets[i] = total;
      lengths[i] = size;
      hashes[i] = store.hash(row & ROW_MASK);
      total += size;
    }
    const bytes = new Uint8Array(total);
    for (let i = 0; i < length; i++) {
      const row = rows[i] as number;
      this.#storeOf(row).copyKey(row & ROW_MASK, bytes, offsets[i] as number);
    }
    return byteKeys({ bytes, offsets, lengths, hashes });
  }

  hash(row: number): number {
    return this.#storeOf(row).hash(row & ROW_MASK);
  }

  /** True if the row is live and something holds it; false also for a number that is no row. */
  isHeld(row: number): boolean {
    return this.#storeOf(row).isHeld(row & ROW_MASK);
  }

  /** Order of two live rows by their key bytes. */
  compareKeys(rowA: number, rowB: number): number {
    const storeA = this.#storeOf(rowA);
    const storeB = this.#storeOf(rowB);
    if (storeA.isInteger(rowA & ROW_MASK) && storeB.isInteger(rowB & ROW_MASK)) {
      return storeA.integer(rowA & ROW_MASK) - storeB.integer(rowB & ROW_MASK);
    }
    if (storeA.isPair(rowA & ROW_MASK) && storeB.isPair(rowB & ROW_MASK)) {
      const first = storeA.first(rowA & ROW_MASK) - storeB.first(rowB & ROW_MASK);
      return first === 0 ? storeA.second(rowA & ROW_MASK) - storeB.second(rowB & ROW_MASK) : first;
    }
    return compareBytes(storeA.keyBytes(rowA & ROW_MASK), storeB.keyBytes(rowB & ROW_MASK));
  }

  /** One more thing is kept for the row. */
  hold(row: number): void {
    this.#storeOf(row).hold(row & ROW_MASK);
  }

  /** One thing less; the last one makes the row a candidate for release. */
  letGo(row: number): void {
    if (this.#storeOf(row).letGo(row & ROW_MASK)) this.#candidates.push(row);
    this.changes.mark(row);
  }

  /** Frees candidates that nothing holds, so many that a batch never waits for more than some milliseconds; the rest follow in later calls. */
  releaseEmptyRows(): void {
    const candidates = this.#candidates;
    for (let left = Math.min(candidates.length, RELEASES_MAX); left > 0; left--) {
      const row = candidates.pop();
      const store = this.#storeOf(row);
      if (!store.isHeld(row & ROW_MASK)) this.changes.free(row, this);
      store.settle(row & ROW_MASK);
    }
  }

  #storeOf(row: number): RowStore {
    return row <= ROW_MASK ? this.#first : (this.#stores[row >>> 24] as RowStore);
  }

  #advance(keys: number): void {
    const slots = Math.min(SLOTS_MAX, Math.max(SLOTS_MIN, keys * SLOTS_PER_KEY));
    for (const store of this.#stores) store.advance(slots);
  }

  /** In a store that has room for all of them. */
  #make(index: number, keys: KeyColumn, length: number, rows: Int32Array): void {
    if (length > this.#made.length) this.#made = new Int32Array(length);
    const base = index * STORE_ROWS;
    const count = (this.#stores[index] as RowStore).resolve(keys, length, rows, this.#made);
    for (let i = 0; i < count; i++) this.#candidates.push(base + (this.#made[i] as number));
    if (index > 0) for (let i = 0; i < length; i++) rows[i] = base + (rows[i] as number);
  }

  /** Looks in each store for the keys that those before it did not have; what none has is made in the first with room. */
  #resolveInStores(keys: KeyColumn, length: number, rows: Int32Array): void {
    const found = new Int32Array(length);
    let left = keys;
    let places: Int32Array = Int32Array.from({ length }, (_, i) => i);
    for (const [index, store] of this.#stores.entries()) {
      store.resolve(left, places.length, found, null);
      const missing = new Int32Array(places.length);
      let count = 0;
      for (let i = 0; i < places.length; i++) {
        const row = found[i] as number;
        if (row < 0) missing[count++] = i;
        else rows[places[i] as number] = index * STORE_ROWS + row;
      }
      if (count === 0) return;
      if (count === places.length) continue;
      left = selectKeys(left, missing.subarray(0, count));
      places = gatherInts(places, missing.subarray(0, count));
    }
    const room = roomFor(left, places.length);
    const index = room.cells <= CELLS_AT_ONCE ? this.#stores.findIndex((store) => store.reserve(room)) : -1;
    if (index >= 0) this.#make(index, left, places.length, found);
    else for (let i = 0; i < places.length; i++) found[i] = this.#findOrMake(left, i);
    for (let i = 0; i < places.length; i++) rows[places[i] as number] = found[i] as number;
  }

  /** The row of one key, in all stores. */
  #findOrMake(keys: KeyColumn, i: number): number {
    const { integers } = keys;
    if (integers !== null) {
      const value = integers[i] as number;
      return this.#findOrMakeInteger(value | 0, highOf(value, value | 0));
    }
    const { bytes, offsets, lengths, hashes } = keys;
    return this.#findOrMakeBytes(bytes, offsets[i] as number, lengths[i] as number, (hashes[i] as number) | 0);
  }

  #findOrMakeBytes(bytes: Uint8Array, offset: number, length: number, hash: number): number {
    for (const [index, { memory }] of this.#stores.entries()) {
      const row = findKey(memory.words, memory.bytes, bytes, offset, length, hash);
      if (row >= 0) return index * STORE_ROWS + row;
    }
    const index = this.#storeWith(roomForOne(bytes, offset, length));
    const { memory } = this.#stores[index] as RowStore;
    const row = index * STORE_ROWS + makeKey(memory.words, memory.bytes, bytes, offset, length, hash);
    this.#candidates.push(row);
    return row;
  }

  /** The same for an integer key given as a number. */
  #findOrMakeInteger(low: number, high: number): number {
    for (const [index, { memory }] of this.#stores.entries()) {
      const row = findInteger(memory.words, low, high);
      if (row >= 0) return index * STORE_ROWS + row;
    }
    const index = this.#storeWith({ ...NO_ROOM, integers: 1 });
    const { words } = (this.#stores[index] as RowStore).memory;
    const hash = hashInteger(high * 0x1_0000_0000 + (low >>> 0)) | 0;
    const row = index * STORE_ROWS + makeInteger(words, low, high, hash);
    this.#candidates.push(row);
    return row;
  }

  /** Index of the first store with room, made if there is none. */
  #storeWith(room: Room): number {
    const found = this.#stores.findIndex((store) => store.reserve(room));
    if (found >= 0) return found;
    if (this.#stores.length >= (this.#options.storesMax ?? STORES_MAX)) {
      throw new TidemarkError(
        "TM_STATE_FULL",
        "a task holds more keys than it can address; run the job with a higher parallelism",
        { facts: { operator: this.#operator, keys: this.liveRows, bytes: this.bytes } },
      );
    }
    const store = new RowStore(this.#options);
    assert(store.reserve(room), "a new store of rows has no room for a key");
    return this.#stores.push(store) - 1;
  }
}

const NO_ROOM: Room = { integers: 0, pairs: 0, others: 0, cells: 0 };

function roomForOne(bytes: Uint8Array, offset: number, length: number): Room {
  if (isIntegerKey(bytes, offset, length)) return { ...NO_ROOM, integers: 1 };
  if (isPairKey(bytes, offset, length)) return { ...NO_ROOM, pairs: 1 };
  return { ...NO_ROOM, others: 1, cells: cellsOf(length) };
}

/** Room for as many keys of their kinds, were all of them new and distinct. */
function roomFor(keys: KeyColumn, length: number): Room {
  if (keys.integers !== null) return { ...NO_ROOM, integers: length };
  if (keys.pairs !== null) return roomForPairs(keys.pairs, length);
  const { bytes, offsets, lengths } = keys;
  let integers = 0;
  let pairs = 0;
  let cells = 0;
  for (let i = 0; i < length; i++) {
    const size = lengths[i] as number;
    if (isIntegerKey(bytes, offsets[i] as number, size)) integers++;
    else if (isPairKey(bytes, offsets[i] as number, size)) pairs++;
    else cells += cellsOf(size);
  }
  return { integers, pairs, others: length - integers - pairs, cells };
}

function roomForPairs({ first, second }: IntegerPairs, length: number): Room {
  let others = 0;
  for (let i = 0; i < length; i++) {
    const a = first[i] as number;
    const b = second[i] as number;
    if ((a | 0) !== a || (b | 0) !== b) others++;
  }
  return { integers: 0, pairs: length - others, others, cells: others * cellsOf(PAIR_KEY_BYTES) };
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
