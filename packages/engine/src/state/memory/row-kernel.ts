import { BATCH_ROWS_MAX } from "../../record/batch.ts";
import type { IntegerPairs, KeyColumn } from "../../record/key-column.ts";
import { type Kernels, wasmKernels } from "../../record/kernels/kernels.ts";
import type { TableMemory } from "./table-memory.ts";

/** Key bytes of a batch that the scratch area takes. */
const SCRATCH_BYTES = 262_144;
/** Below this a batch's bytes are copied as they are, with the bytes of rows that are not in it. */
const WHOLE_BYTES_MAX = 65_536;

/** Resolves batches of up to BATCH_ROWS_MAX keys in WebAssembly, over the linear memory of a row store: keys and rows go through a scratch area there. */
export class RowKernel {
  readonly #memory: TableMemory;
  readonly #kernels: Kernels;
  /** Rows, made rows, then offsets, lengths, hashes; 4 KiB each. Integer keys and pairs take the place of the last three, and one more. */
  readonly #scratch: number;
  readonly #scratchBytes: number;

  private constructor(memory: TableMemory, kernels: Kernels, scratch: number, scratchBytes: number) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#scratch = scratch;
    this.#scratchBytes = scratchBytes;
  }

  /** Makes the memory a linear one. Null where that cannot be, or it has no room for the scratch area. */
  static open(memory: TableMemory): RowKernel | null {
    if (!memory.becomeLinear() || memory.linear === null) return null;
    const scratch = memory.allocate(6 * BATCH_ROWS_MAX * 4);
    const scratchBytes = memory.allocate(SCRATCH_BYTES);
    if (scratch < 0 || scratchBytes < 0) return null;
    return new RowKernel(memory, wasmKernels(memory.linear, false), scratch, scratchBytes);
  }

  /** As the twin. The memory does not grow meanwhile. */
  resolveIntegers(integers: Float64Array, length: number, rows: Int32Array, made: Int32Array | null): number {
    const { buffer } = this.#memory.words;
    const at = this.#scratch;
    const keysAt = at + 2 * BATCH_ROWS_MAX * 4;
    new Float64Array(buffer, keysAt, length).set(floats(integers, length));
    const count = this.#kernels.resolveIntegers(keysAt, length, at, made === null ? 0 : at + BATCH_ROWS_MAX * 4);
    this.#read(rows, length, made, count);
    return count;
  }

  /** As the twin. The memory does not grow meanwhile. */
  resolvePairs({ first, second }: IntegerPairs, length: number, rows: Int32Array, made: Int32Array | null): number {
    const { buffer } = this.#memory.words;
    const at = this.#scratch;
    const firstAt = at + 2 * BATCH_ROWS_MAX * 4;
    const secondAt = at + 4 * BATCH_ROWS_MAX * 4;
    new Float64Array(buffer, firstAt, length).set(floats(first, length));
    new Float64Array(buffer, secondAt, length).set(floats(second, length));
    const madeAt = made === null ? 0 : at + BATCH_ROWS_MAX * 4;
    const count = this.#kernels.resolvePairs(firstAt, secondAt, length, at, madeAt, this.#scratchBytes);
    this.#read(rows, length, made, count);
    return count;
  }

  /** As the twin; -1, and nothing done, if the keys are too long for the scratch area. */
  resolveBytes(keys: KeyColumn, length: number, rows: Int32Array, made: Int32Array | null): number {
    const { words } = this.#memory;
    const at = this.#scratch;
    const step = BATCH_ROWS_MAX * 4;
    if (!this.#copyKeys(keys, length)) return -1;
    words.set(part(keys.lengths, length), (at + 3 * step) >>> 2);
    words.set(part(keys.hashes, length), (at + 4 * step) >>> 2);
    const count = this.#kernels.resolveBytes(
      this.#scratchBytes,
      at + 2 * step,
      at + 3 * step,
      at + 4 * step,
      length,
      at,
      made === null ? 0 : at + step,
    );
    this.#read(rows, length, made, count);
    return count;
  }

  /** As the twin. */
  moveSlots(index: number, slots: number): boolean {
    return this.#kernels.moveSlots(index * 4, slots) === 1;
  }

  #copyKeys(keys: KeyColumn, length: number): boolean {
    const { words, bytes } = this.#memory;
    const offsetsAt = (this.#scratch + 2 * BATCH_ROWS_MAX * 4) >>> 2;
    if (keys.bytes.length <= WHOLE_BYTES_MAX) {
      bytes.set(keys.bytes, this.#scratchBytes);
      words.set(part(keys.offsets, length), offsetsAt);
      return true;
    }
    let end = 0;
    for (let i = 0; i < length; i++) {
      const offset = keys.offsets[i] as number;
      const size = keys.lengths[i] as number;
      if (end + size > SCRATCH_BYTES) return false;
      bytes.set(keys.bytes.subarray(offset, offset + size), this.#scratchBytes + end);
      words[offsetsAt + i] = end;
      end += size;
    }
    return true;
  }

  #read(rows: Int32Array, length: number, made: Int32Array | null, count: number): void {
    const { words } = this.#memory;
    const at = this.#scratch >>> 2;
    rows.set(words.subarray(at, at + length));
    if (made !== null) for (let i = 0; i < count; i++) made[i] = words[at + BATCH_ROWS_MAX + i] as number;
  }
}

function floats(array: Float64Array, length: number): Float64Array {
  return array.length === length ? array : array.subarray(0, length);
}

function part<A extends Int32Array | Uint32Array>(array: A, length: number): Int32Array | Uint32Array {
  return array.length === length ? array : array.subarray(0, length);
}
