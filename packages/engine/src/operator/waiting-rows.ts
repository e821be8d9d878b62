import type { KeyedState, PaneState, StateDescriptor } from "../state/state-backend.ts";
import { PLAIN_CODEC } from "../state/state-codec.ts";
import type { RowOrigin } from "./one-row-batch.ts";

/** A stream row that waits for the table. */
export interface WaitingRow {
  /** Place in the queue of the instance that took it in. */
  readonly sequence: number;
  readonly timestamp: number;
  readonly watermark: number;
  readonly record: unknown;
  readonly origin: RowOrigin | null;
}

/** A waiting row and the state row of its key. */
export interface QueuedRow {
  readonly stateRow: number;
  readonly waiting: WaitingRow;
}

const STATE = "waiting";
/** All keys' lists lie in one pane: so they can be found again, key by key, after a restore. */
const PANE = 0;

/**
 * A queue of rows over all keys of an operator, kept in keyed state as a list per key. After a restore, and with the key groups of
 * several instances in it, it is put together again by watermark and sequence: the order of each key's rows and that of
 * watermarks stand.
 */
export class WaitingRows {
  static readonly descriptor: StateDescriptor = { name: STATE, kind: "panes", isolation: "live", codec: PLAIN_CODEC };

  readonly #state: PaneState<WaitingRow[]>;
  #queue: QueuedRow[] = [];
  /** Position of the head in #queue. */
  #head = 0;
  #sequence = 0;
  #isLoaded = false;

  constructor(state: KeyedState) {
    this.#state = state.panes<WaitingRow[]>(STATE);
  }

  get length(): number {
    this.#load();
    return this.#queue.length - this.#head;
  }

  /** The row whose turn is next. */
  get first(): QueuedRow | undefined {
    this.#load();
    return this.#queue[this.#head];
  }

  add(stateRow: number, row: Omit<WaitingRow, "sequence">): void {
    this.#load();
    const waiting: WaitingRow = { ...row, sequence: this.#sequence++ };
    const list = this.#state.get(stateRow, PANE);
    if (list === undefined) this.#state.set(stateRow, PANE, [waiting]);
    else list.push(waiting);
    this.#queue.push({ stateRow, waiting });
  }

  /** Takes the first row away. */
  shift(): void {
    const first = this.#queue[this.#head++];
    if (first === undefined) return;
    const list = this.#state.get(first.stateRow, PANE) ?? [];
    list.shift();
    if (list.length === 0) this.#state.delete(first.stateRow, PANE);
    if (this.#head === this.#queue.length || this.#head > 4_096) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  #load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    this.#state.forEach(PANE, (stateRow, list) => {
      for (const waiting of list) {
        this.#queue.push({ stateRow, waiting });
        this.#sequence = Math.max(this.#sequence, waiting.sequence + 1);
      }
    });
    this.#queue.sort((a, b) => compare(a.waiting.watermark, b.waiting.watermark) || a.waiting.sequence - b.waiting.sequence);
  }
}

/** Like a - b, for watermarks, which may be infinite. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
