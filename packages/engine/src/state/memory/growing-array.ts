import { TidemarkError } from "../../foundation/error.ts";
import { TableMemory, type TableMemoryOptions } from "./table-memory.ts";

type Numbers = Float64Array | Int32Array | Uint8Array;

/** Float64Array, Int32Array or Uint8Array. */
interface ArrayType<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): A;
  new (buffer: ArrayBufferLike, offset: number, length: number): A;
}

/**
 * Numbers from 0 on, as many as were asked for so far. `array` is replaced when it grows. Up to 4 GiB it grows where it is, a linear memory
 * of WebAssembly; beyond, and where there is none, it is copied.
 */
export class GrowingArray<A extends Numbers> {
  array: A;
  readonly #type: ArrayType<A>;
  #memory: TableMemory | null;
  /** Bytes taken of the memory. */
  #taken = 0;

  constructor(type: ArrayType<A>, options: TableMemoryOptions = {}) {
    this.#type = type;
    this.#memory = new TableMemory(options);
    this.array = new type(0);
  }

  /** Makes room for that many in all; those there are stay, new ones are 0. TM_STATE_FULL where there is none. */
  reserve(length: number): void {
    if (length <= this.array.length) return;
    const type = this.#type;
    const size = type.BYTES_PER_ELEMENT;
    const memory = this.#memory;
    // A memory takes whole eights of bytes, so that what is taken next follows at once.
    const bytes = Math.ceil((length * size) / 8) * 8;
    if (memory !== null && memory.allocate(bytes - this.#taken, true) >= 0) {
      this.#taken = bytes;
      this.array = new type(memory.bytes.buffer, 0, Math.floor(memory.byteLength / size));
      return;
    }
    const grown = newArray(type, Math.max(length, this.array.length * 2));
    grown.set(this.array);
    this.array = grown;
    this.#memory = null;
  }
}

function newArray<A>(type: ArrayType<A>, length: number): A {
  try {
    return new type(length);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TidemarkError(
      "TM_STATE_FULL",
      "the machine has no more memory for the state of a task; clear state that is no longer needed, or run the job on more machines",
      { cause, facts: { bytesNeeded: length * type.BYTES_PER_ELEMENT } },
    );
  }
}
