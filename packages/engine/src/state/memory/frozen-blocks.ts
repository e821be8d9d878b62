const PAGE_BITS = 10;
const PAGE_ROWS = 2 ** PAGE_BITS;

/**
 * The addresses that an array had at a moment, while it goes on being written: a page of it is copied before its first change, so that the moment
 * itself costs nothing, however many rows there are. They are read from the last row to the first; what was read is not kept.
 */
export class FrozenBlocks {
  readonly #pages: (Int32Array | undefined)[];
  /** Rows from here on were read. */
  #end: number;

  constructor(rows: number) {
    this.#end = rows;
    this.#pages = new Array<Int32Array | undefined>(Math.ceil(rows / PAGE_ROWS));
  }

  /** True where the row, whose address is `at` now, had it at that moment, and is still to be read. */
  has(row: number, at: number): boolean {
    if (row >= this.#end) return false;
    const page = this.#pages[row >>> PAGE_BITS];
    return page === undefined || page[row & (PAGE_ROWS - 1)] === at;
  }

  /** To be called before the address of a row changes. */
  beforeChange(blocks: Int32Array, row: number): void {
    const page = row >>> PAGE_BITS;
    if (row < this.#end && this.#pages[page] === undefined) {
      this.#pages[page] = blocks.slice(page << PAGE_BITS, (page + 1) << PAGE_BITS);
    }
  }

  /** Gives the next `count` rows to `visit`, those without an address left out. */
  read(blocks: Int32Array, count: number, visit: (row: number, at: number) => void): void {
    const end = Math.max(0, this.#end - count);
    for (let row = this.#end - 1; row >= end; row--) {
      const page = this.#pages[row >>> PAGE_BITS];
      const at = (page === undefined ? blocks[row] : page[row & (PAGE_ROWS - 1)]) as number;
      if (at !== 0) visit(row, at);
    }
    this.#end = end;
  }
}
