import type { WriteGuard } from "../flat-value.ts";
import { FrozenWords } from "./frozen-words.ts";

/** The words of one block as they were when this was made, while they go on being written; what changes is copied by the page. */
export class FrozenBlock implements WriteGuard {
  readonly #words: Float64Array;
  readonly #begin: number;
  readonly #frozen: FrozenWords;

  /** `length` words of a chunk from index `begin` on. */
  constructor(chunk: Float64Array, begin: number, length: number) {
    this.#words = chunk.subarray(begin, begin + length);
    this.#begin = begin;
    this.#frozen = new FrozenWords(length);
  }

  beforeWrite(at: number, count: number): void {
    this.#frozen.beforeWrite(this.#words, at - this.#begin, count);
  }

  /** A copy of the words as they were. */
  read(): Float64Array {
    const copy = new Float64Array(this.#words.length);
    this.#frozen.read(this.#words, 0, copy.length, copy);
    return copy;
  }
}
