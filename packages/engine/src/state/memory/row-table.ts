import { TidemarkError } from "../../foundation/error.ts";
import { decodeKey } from "../../record/key-codec.ts";
import { hashKey } from "../../record/key-hash.ts";
import type { KeyColumn } from "../../record/key-column.ts";
import type { KeyTable } from "../state-backend.ts";

/** An index word has 24 bits for row + 1; 0 is an empty slot. */
const ROWS_MAX = 2 ** 24 - 1;
const ROW_MASK = 0x00ff_ffff;
const TAG_MASK = 0xff00_0000;
/** Less garbage than this in the arena is not worth a copy. */
const GARBAGE_BYTES_MIN = 65_536;

const LIVE = 1;
const CANDIDATE = 2;

/**
 * Rows by canonical key bytes: open addressing with linear probing over index words of 8 tag bits and 24 row bits, key bytes in one
 * growing arena. Rows are counted references: states and timers `hold` a row while they have something for it, and only a row that
 * nothing holds is freed. No object per key, so garbage collection does not grow with the number of keys.
 */
export class RowTable implements KeyTable {
  readonly #operator: string;
  #arena = new Uint8Array(1_024);
  #arenaEnd = 0;
  #garbageBytes = 0;
  #index = new Uint32Array(64);
  // Per row; they grow together.
  #offsets = new Uint32Array(32);
  #lengths = new Uint32Array(32);
  #hashes = new Uint32Array(32);
  #holds = new Int32Array(32);
  #flags = new Uint8Array(32);
  #rowEnd = 0;
  #freeRows: number[] = [];
  /** Rows that may be empty: made by resolve, or let go by their last holder. */
  #candidates: number[] = [];

  constructor(operator: string) {
    this.#operator = operator;
  }

  get liveRows(): number {
    return this.#rowEnd - this.#freeRows.length;
  }

  /** Rows ever used; every row id is below it. */
  get rowEnd(): number {
    return this.#rowEnd;
  }

  get bytes(): number {
    return this.#arena.byteLength + this.#index.byteLength + this.#offsets.length * 17;
  }

  resolve(keys: KeyColumn, length: number, rows: Int32Array): void {
    const { bytes, offsets, lengths, hashes } = keys;
    for (let i = 0; i < length; i++) {
      rows[i] = this.#findOrMake(bytes, offsets[i] as number, lengths[i] as number, hashes[i] as number);
    }
  }

  /** The row of a key given alone; hashes it. */
  resolveOne(key: Uint8Array): number {
    return this.#findOrMake(key, 0, key.length, hashKey(key, 0, key.length));
  }

  key(row: number): unknown {
    return decodeKey(this.keyBytes(row));
  }

  keyBytes(row: number): Uint8Array {
    const offset = this.#offsets[row] as number;
    return this.#arena.subarray(offset, offset + (this.#lengths[row] as number));
  }

  keyColumn(rows: Int32Array, length: number): KeyColumn {
    const offsets = new Int32Array(length);
    const lengths = new Int32Array(length);
    const hashes = new Uint32Array(length);
    let total = 0;
    for (let i = 0; i < length; i++) {
      const row = rows[i] as number;
      offsets[i] = total;
      lengths[i] = this.#lengths[row] as number;
      hashes[i] = this.#hashes[row] as number;
      total += this.#lengths[row] as number;
    }
    const bytes = new Uint8Array(total);
    for (let i = 0; i < length; i++) bytes.set(this.keyBytes(rows[i] as number), offsets[i]);
    return { integers: null, bytes, offsets, lengths, hashes };
  }

  hash(row: number): number {
    return this.#hashes[row] as number;
  }

  /** True if the row is live and something holds it. */
  isHeld(row: number): boolean {
    return (this.#holds[row] as number) > 0;
  }

  /** Order of two live rows by their key bytes. */
  compareKeys(rowA: number, rowB: number): number {
    const arena = this.#arena;
    const a = this.#offsets[rowA] as number;
    const b = this.#offsets[rowB] as number;
    const lengthA = this.#lengths[rowA] as number;
    const lengthB = this.#lengths[rowB] as number;
    const shared = Math.min(lengthA, lengthB);
    for (let i = 0; i < shared; i++) {
      const difference = (arena[a + i] as number) - (arena[b + i] as number);
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }

  /** One more thing is kept for the row. */
  hold(row: number): void {
    this.#holds[row] = (this.#holds[row] as number) + 1;
  }

  /** One thing less; the last one makes the row a candidate for release. */
  letGo(row: number): void {
    const left = (this.#holds[row] as number) - 1;
    this.#holds[row] = left;
    if (left === 0) this.#addCandidate(row);
  }

  releaseEmptyRows(): void {
    const candidates = this.#candidates;
    if (candidates.length === 0) return;
    for (const row of candidates) {
      this.#flags[row] = (this.#flags[row] as number) & ~CANDIDATE;
      if (this.#holds[row] === 0) this.#free(row);
    }
    candidates.length = 0;
    if (this.#garbageBytes > GARBAGE_BYTES_MIN && this.#garbageBytes * 2 > this.#arenaEnd) this.#compactArena();
  }

  #addCandidate(row: number): void {
    const flags = this.#flags[row] as number;
    if ((flags & CANDIDATE) !== 0) return;
    this.#flags[row] = flags | CANDIDATE;
    this.#candidates.push(row);
  }

  #findOrMake(bytes: Uint8Array, offset: number, length: number, hash: number): number {
    const mask = this.#index.length - 1;
    const tag = tagOf(hash);
    let slot = hash & mask;
    for (;;) {
      const word = this.#index[slot] as number;
      if (word === 0) break;
      if ((word & TAG_MASK) >>> 0 === tag) {
        const row = (word & ROW_MASK) - 1;
        if (this.#hashes[row] === hash && this.#keyEquals(row, bytes, offset, length)) return row;
      }
      slot = (slot + 1) & mask;
    }
    const row = this.#makeRow(bytes, offset, length, hash);
    this.#index[slot] = (tag | (row + 1)) >>> 0;
    this.#addCandidate(row);
    if (this.liveRows * 5 > this.#index.length * 3) this.#growIndex();
    return row;
  }

  #keyEquals(row: number, bytes: Uint8Array, offset: number, length: number): boolean {
    if (this.#lengths[row] !== length) return false;
    const arena = this.#arena;
    const start = this.#offsets[row] as number;
    for (let i = 0; i < length; i++) {
      if (arena[start + i] !== bytes[offset + i]) return false;
    }
    return true;
  }

  #makeRow(bytes: Uint8Array, offset: number, length: number, hash: number): number {
    const row = this.#freeRows.pop() ?? this.#newRow();
    this.#offsets[row] = this.#appendToArena(bytes, offset, length);
    this.#lengths[row] = length;
    this.#hashes[row] = hash;
    this.#holds[row] = 0;
    this.#flags[row] = LIVE;
    return row;
  }

  #newRow(): number {
    const row = this.#rowEnd;
    if (row >= ROWS_MAX) {
      throw new TidemarkError(
        "TM_STATE_VALUE",
        "a task holds more keys than it can address; run the job with a higher parallelism",
        {
          facts: { operator: this.#operator, keys: this.liveRows },
        },
      );
    }
    if (row === this.#offsets.length) {
      const capacity = row * 2;
      this.#offsets = grown(this.#offsets, new Uint32Array(capacity));
      this.#lengths = grown(this.#lengths, new Uint32Array(capacity));
      this.#hashes = grown(this.#hashes, new Uint32Array(capacity));
      this.#holds = grown(this.#holds, new Int32Array(capacity));
      this.#flags = grown(this.#flags, new Uint8Array(capacity));
    }
    this.#rowEnd = row + 1;
    return row;
  }

  #appendToArena(bytes: Uint8Array, offset: number, length: number): number {
    const start = this.#arenaEnd;
    const end = start + length;
    if (end > this.#arena.length) {
      if (end > 0xffff_ffff) {
        throw new TidemarkError(
          "TM_STATE_VALUE",
          "the keys of a task take more than 4 GiB; run the job with a higher parallelism",
          {
            facts: { operator: this.#operator, keys: this.liveRows },
          },
        );
      }
      // Always a new array: bytes handed out by keyBytes stay as they were.
      this.#arena = grown(this.#arena, new Uint8Array(Math.min(0xffff_ffff, Math.max(this.#arena.length * 2, end))));
    }
    const arena = this.#arena;
    for (let i = 0; i < length; i++) arena[start + i] = bytes[offset + i] as number;
    this.#arenaEnd = end;
    return start;
  }

  #growIndex(): void {
    const index = new Uint32Array(this.#index.length * 2);
    const mask = index.length - 1;
    for (let row = 0; row < this.#rowEnd; row++) {
      if (((this.#flags[row] as number) & LIVE) === 0) continue;
      const hash = this.#hashes[row] as number;
      let slot = hash & mask;
      while (index[slot] !== 0) slot = (slot + 1) & mask;
      index[slot] = (tagOf(hash) | (row + 1)) >>> 0;
    }
    this.#index = index;
  }

  #free(row: number): void {
    this.#removeFromIndex(row);
    this.#garbageBytes += this.#lengths[row] as number;
    this.#flags[row] = 0;
    this.#freeRows.push(row);
  }

  /** Closes the gap by moving later words of the same probe run back, so that no tombstones are needed. */
  #removeFromIndex(row: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let hole = (this.#hashes[row] as number) & mask;
    while (((index[hole] as number) & ROW_MASK) !== row + 1) hole = (hole + 1) & mask;
    for (let next = (hole + 1) & mask; index[next] !== 0; next = (next + 1) & mask) {
      const home = (this.#hashes[((index[next] as number) & ROW_MASK) - 1] as number) & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        index[hole] = index[next] as number;
        hole = next;
      }
    }
    index[hole] = 0;
  }

  #compactArena(): void {
    const arena = new Uint8Array(Math.max(1_024, (this.#arenaEnd - this.#garbageBytes) * 2));
    let end = 0;
    for (let row = 0; row < this.#rowEnd; row++) {
      if (((this.#flags[row] as number) & LIVE) === 0) continue;
      arena.set(this.keyBytes(row), end);
      this.#offsets[row] = end;
      end += this.#lengths[row] as number;
    }
    this.#arena = arena;
    this.#arenaEnd = end;
    this.#garbageBytes = 0;
  }
}

/** Tag bits from a mix of the hash: its top bits are the key group, nearly constant in one task, its low bits are the slot. */
function tagOf(hash: number): number {
  return (Math.imul(hash, 0x9e37_79b1) & TAG_MASK) >>> 0;
}

function grown<A extends Uint8Array | Uint32Array | Int32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
