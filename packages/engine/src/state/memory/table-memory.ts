import { TidemarkError } from "../../foundation/error.ts";
import { PAGE_BYTES } from "../../record/kernels/kernel-memory.ts";
import { webAssembly, type WasmMemory, type WebAssemblyApi } from "../../record/kernels/web-assembly.ts";

/** A memory starts as a plain buffer: most tables stay small, and address space for thousands of linear memories is not free. */
const PLAIN_BYTES_MAX = 262_144;
/** One page less than 4 GiB, so that every address and every end of a block is below 2^32. */
export const TABLE_BYTES_MAX: number = 65_535 * PAGE_BYTES;

export interface TableMemoryOptions {
  /** At most this many bytes; default TABLE_BYTES_MAX. */
  readonly bytesMax?: number;
  /** False: a plain buffer, copied when it grows, as where WebAssembly is missing. For tests. */
  readonly webAssembly?: boolean;
}

/**
 * One growing memory that blocks are taken from. Addresses stay; `bytes` and `words` are replaced when it grows, so read them anew
 * after every `allocate`. Beyond 256 KiB it is a linear memory of WebAssembly, which grows without copying; where there is none, a buffer.
 */
export class TableMemory {
  bytes: Uint8Array;
  words: Int32Array;
  /** The linear memory, null while the memory is a plain buffer. */
  linear: WasmMemory | null = null;
  #webAssembly: WebAssemblyApi | null;
  readonly #bytesMax: number;
  /** What was taken so far ends here. */
  #end = 0;
  /** Blocks given back, by address; neighbours are joined. */
  #free: { at: number; bytes: number }[] = [];

  constructor(options: TableMemoryOptions = {}) {
    this.#bytesMax = options.bytesMax ?? TABLE_BYTES_MAX;
    this.#webAssembly = options.webAssembly === false ? null : webAssembly();
    this.bytes = new Uint8Array(1_024);
    this.words = new Int32Array(this.bytes.buffer);
  }

  /** Bytes taken from the machine. */
  get byteLength(): number {
    return this.bytes.byteLength;
  }

  /**
   * Address of a block, a multiple of 8; -1 where the memory may not grow that far. `zeroed` asks for one that was never used.
   * TM_STATE_FULL where the machine gives no more.
   */
  allocate(size: number, zeroed = false): number {
    const bytes = Math.ceil(size / 8) * 8;
    if (!zeroed) {
      const reused = this.#take(bytes);
      if (reused >= 0) return reused;
    }
    const at = this.#end;
    if (at + bytes > this.#bytesMax) return -1;
    if (at + bytes > this.bytes.byteLength) this.#grow(at + bytes);
    this.#end = at + bytes;
    return at;
  }

  /** Gives back a block, or part of one; its content is lost. */
  release(at: number, size: number): void {
    const bytes = Math.ceil(size / 8) * 8;
    this.#free.push({ at, bytes });
    this.#free.sort((a, b) => a.at - b.at);
    const joined: { at: number; bytes: number }[] = [];
    for (const block of this.#free) {
      const last = joined.at(-1);
      if (last !== undefined && last.at + last.bytes === block.at) last.bytes += block.bytes;
      else joined.push(block);
    }
    this.#free = joined;
  }

  /** First fit: there are as many free blocks as there were growths, some dozens. */
  #take(bytes: number): number {
    const index = this.#free.findIndex((block) => block.bytes >= bytes);
    const block = this.#free[index];
    if (block === undefined) return -1;
    const { at } = block;
    block.at += bytes;
    block.bytes -= bytes;
    if (block.bytes === 0) this.#free.splice(index, 1);
    return at;
  }

  /** Goes over to a linear memory now; false where there is none to be had. */
  becomeLinear(): boolean {
    if (this.linear === null) this.#becomeLinear(this.bytes.byteLength);
    return this.linear !== null;
  }

  #grow(needed: number): void {
    try {
      if (this.linear === null && needed > PLAIN_BYTES_MAX) this.#becomeLinear(needed * 1.25);
      if (this.linear === null) this.#copyTo(this.#bufferFor(needed));
      else if (needed > this.bytes.byteLength) this.#growLinear(this.linear, needed);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new TidemarkError(
        "TM_STATE_FULL",
        "the machine has no more memory for the keys of a task; clear state that is no longer needed, or run the job on more machines",
        { cause: error, facts: { bytesHeld: this.bytes.byteLength, bytesNeeded: needed } },
      );
    }
  }

  #bufferFor(needed: number): ArrayBuffer {
    return new ArrayBuffer(Math.min(this.#bytesMax, Math.max(needed, this.bytes.byteLength * 2)));
  }

  #growLinear(linear: WasmMemory, needed: number): void {
    // A quarter more, so that views are seldom replaced; pages that nobody touches cost nothing.
    const wanted = Math.min(this.#bytesMax, Math.max(needed, this.bytes.byteLength * 1.25));
    linear.grow(Math.ceil((wanted - this.bytes.byteLength) / PAGE_BYTES));
    this.#view(linear.buffer);
  }

  #becomeLinear(size: number): void {
    if (this.#webAssembly === null) return;
    try {
      const initial = Math.ceil(size / PAGE_BYTES);
      this.linear = new this.#webAssembly.Memory({ initial, maximum: TABLE_BYTES_MAX / PAGE_BYTES, shared: false });
    } catch (error) {
      // A process without address space for one more, as under `ulimit -v`, goes on with buffers.
      if (!(error instanceof RangeError)) throw error;
      this.#webAssembly = null;
      return;
    }
    this.#copyTo(this.linear.buffer);
  }

  #copyTo(buffer: ArrayBufferLike): void {
    const before = this.bytes;
    this.#view(buffer);
    this.bytes.set(before);
  }

  #view(buffer: ArrayBufferLike): void {
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
  }
}
