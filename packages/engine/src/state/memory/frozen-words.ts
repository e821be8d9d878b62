const PAGE_BITS = 9;
const PAGE_WORDS = 2 ** PAGE_BITS;

/**
 * The first words of an array as they were when this was made, while they go on being written: whoever writes says so first, and the page
 * is copied once. The array may be replaced meanwhile by one that begins with the same words; the one in use is given each time.
 */
export class FrozenWords<A extends Float64Array | Int32Array = Float64Array> {
  readonly #end: number;
  /** 1 where there is a copy. */
  readonly #isCopied: Uint8Array;
  readonly #copies: A[] = [];

  /** `end`: how many words matter. */
  constructor(end: number) {
    this.#end = end;
    this.#isCopied = new Uint8Array((end + PAGE_WORDS - 1) >>> PAGE_BITS);
  }

  /** `width` words from `at` on are going to be written. */
  beforeWrite(words: A, at: number, width: number): void {
    if (at >= this.#end) return;
    const isCopied = this.#isCopied;
    const last = Math.min((at + width - 1) >>> PAGE_BITS, isCopied.length - 1);
    for (let page = at >>> PAGE_BITS; page <= last; page++) if (isCopied[page] === 0) this.#copy(words, page);
  }

  /** Puts `width` words from `at` on, as they were, into `into`. */
  read(words: A, at: number, width: number, into: A): void {
    const isCopied = this.#isCopied;
    if (isCopied[at >>> PAGE_BITS] === 0 && isCopied[(at + width - 1) >>> PAGE_BITS] === 0 && width <= PAGE_WORDS) {
      for (let i = 0; i < width; i++) into[i] = words[at + i] as number;
      return;
    }
    for (let i = 0; i < width; i++) {
      const page = (at + i) >>> PAGE_BITS;
      const from = isCopied[page] === 0 ? words : (this.#copies[page] as A);
      into[i] = from[isCopied[page] === 0 ? at + i : (at + i) & (PAGE_WORDS - 1)] as number;
    }
  }

  #copy(words: A, page: number): void {
    this.#copies[page] = words.slice(page << PAGE_BITS, (page + 1) << PAGE_BITS) as A;
    this.#isCopied[page] = 1;
  }
}
