import { BATCH_ROWS_MAX } from "../record/batch.ts";

/** What decides over the records of a pane as long as no window fires. */
export interface PaneFacts {
  readonly pane: number;
  /** Between two hopping windows lies time that belongs to no window. */
  readonly isGap: boolean;
  /** Records that come at this watermark or later are late for all windows of the pane. */
  readonly lateAt: number;
  /** Records that come at this watermark or later may give results at once. */
  readonly againAt: number;
  /** Ends of windows that were over before the records came. */
  readonly passedEnds: readonly number[];
}

/** The rows of a batch that belong to one pane. */
export class PaneGroup {
  facts: PaneFacts;
  rows: Int32Array = new Int32Array(32);
  count = 0;

  constructor(facts: PaneFacts) {
    this.facts = facts;
  }

  /** Adds the rows from `from` up to `end`. */
  add(from: number, end: number): void {
    let { count } = this;
    if (count + end - from > this.rows.length) {
      const grown = new Int32Array(BATCH_ROWS_MAX);
      grown.set(this.rows);
      this.rows = grown;
    }
    const { rows } = this;
    for (let row = from; row < end; row++) rows[count++] = row;
    this.count = count;
  }
}

/** Rows of a run by pane; groups and their arrays are used again. */
export class PaneGroups {
  readonly #pool: PaneGroup[] = [];
  #used = 0;
  readonly #byPane = new Map<number, PaneGroup>();

  /** Groups since `clear`, in order of their first rows. */
  get all(): readonly PaneGroup[] {
    return this.#used === this.#pool.length ? this.#pool : this.#pool.slice(0, this.#used);
  }

  clear(): void {
    if (this.#used === 0) return;
    this.#used = 0;
    this.#byPane.clear();
  }

  find(pane: number): PaneGroup | undefined {
    return this.#byPane.get(pane);
  }

  open(facts: PaneFacts): PaneGroup {
    let group = this.#pool[this.#used];
    if (group === undefined) {
      group = new PaneGroup(facts);
      this.#pool.push(group);
    }
    this.#used++;
    group.facts = facts;
    group.count = 0;
    this.#byPane.set(facts.pane, group);
    return group;
  }
}
