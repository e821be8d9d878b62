const PAGE_BITS = 9;
const PAGE_WORDS = 2 ** PAGE_BITS;

/**
 * Words as they were when this was made, while they go on being written: whoever writes says so first, and the page is copied once. An
 * array that was replaced since, because it grew, is not written any more and needs no copies.
 */
export class FrozenWords {
  readonly #words: Float64Array;
  /** 1 where there is a copy. */
  readonly #isCopied: Uint8Array;
  readonly #copies: Float64Array[] = [];

  constructor(words: Float64Array) {
    this.#words = words;
    this.#isCopied = new Uint8Array((words.length + PAGE_WORDS - 1) >>> PAGE_BITS);
  }

  /** `width` words from `at` on of the array that is in use are going to be written. */
  beforeWrite(words: Float64Array, at: number, width: number): void {
    if (words !== this.#words) return;
    const last = (at + width - 1) >>> PAGE_BITS;
    for (let page = at >>> PAGE_BITS; page <= last; page++) {
      if (this.#isCopied[page] === 0) this.#copy(page);
    }
  }

  /** Puts `width` words from `at` on, as they were, into `into`. */
  read(at: number, width: number, into: Float64Array): void {
    const words = this.#words;
    const isCopied = this.#isCopied;
    if (isCopied[at >>> PAGE_BITS] === 0 && isCopied[(at + width - 1) >>> PAGE_BITS] === 0 && width <= PAGE_WORDS) {
      for (let i = 0; i < width; i++) into[i] = words[at + i] as number;
      return;
    }
    for (let i = 0; i < width; i++) {
      const page = (at + i) >>> PAGE_BITS;
      const from = isCopied[page] === 0 ? words : (this.#copies[page] as Float64Array);
      into[i] = from[isCopied[page] === 0 ? at + i : (at + i) & (PAGE_WORDS - 1)] as number;
    }
  }

  #copy(page: number): void {
    this.#copies[page] = this.#words.slice(page << PAGE_BITS, (page + 1) << PAGE_BITS);
    this.#isCopied[page] = 1;
  }
}
