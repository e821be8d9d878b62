/** A page is of so many rows, a power of two. */
export const NEWEST_PAGE_BITS: number = 11;
const ROW_MASK = 2 ** NEWEST_PAGE_BITS - 1;

/**
 * For each row, which of the panes that it came into was made last, by the panes' numbers, and where its slot is there: two words a row in
 * pages, never copied. A row that was taken out of that pane has -1 for its slot.
 */
export class NewestPanes {
  /** Pane and slot of each row of a page, one after the other; pane 0: the row came into none. */
  readonly pages: Int32Array[] = [];

  /** Number of the pane. */
  pane(row: number): number {
    const number = row >>> NEWEST_PAGE_BITS;
    return number < this.pages.length ? ((this.pages[number] as Int32Array)[(row & ROW_MASK) << 1] as number) : 0;
  }

  /** Of a row that came into one. */
  slot(row: number): number {
    const page = this.pages[row >>> NEWEST_PAGE_BITS] as Int32Array;
    return page[((row & ROW_MASK) << 1) + 1] as number;
  }

  set(row: number, pane: number, slot: number): void {
    const number = row >>> NEWEST_PAGE_BITS;
    while (this.pages.length <= number) this.pages.push(NO_PAGE);
    let page = this.pages[number] as Int32Array;
    if (page === NO_PAGE) {
      page = new Int32Array(2 << NEWEST_PAGE_BITS);
      this.pages[number] = page;
    }
    const at = (row & ROW_MASK) << 1;
    page[at] = pane;
    page[at + 1] = slot;
  }
}

/** Stands for a page before any of its rows came into a pane. */
const NO_PAGE = new Int32Array(2 << NEWEST_PAGE_BITS);
