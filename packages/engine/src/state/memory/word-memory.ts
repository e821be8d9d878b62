import { TableMemory, type TableMemoryOptions } from "./table-memory.ts";

/**
 * Float64 words from 0 on, as many as were asked for so far. `words` is replaced when it grows. Up to 4 GiB it grows where it is, a linear
 * memory of WebAssembly; beyond, and where there is none, it is copied.
 */
export class WordMemory {
  words: Float64Array;
  #memory: TableMemory | null;
  /** Words taken of the memory. */
  #taken = 0;

  constructor(options: TableMemoryOptions = {}) {
    this.#memory = new TableMemory(options);
    this.words = new Float64Array(0);
  }

  /** Makes room for that many words in all, as they are, new ones 0. A RangeError or TM_STATE_VALUE where there is none. */
  reserve(words: number): void {
    if (words <= this.words.length) return;
    const memory = this.#memory;
    if (memory !== null && memory.allocate((words - this.#taken) * 8, true) >= 0) {
      this.#taken = words;
      this.words = new Float64Array(memory.bytes.buffer, 0, memory.byteLength >>> 3);
      return;
    }
    const grown = new Float64Array(Math.max(words, this.words.length * 2));
    grown.set(this.words);
    this.words = grown;
    this.#memory = null;
  }
}
