import { assert } from "../foundation/assert.ts";
import type { KeyedState, PaneState, StateDescriptor } from "../state/state-backend.ts";
import { PLAIN_CODEC, type StateCodec } from "../state/state-codec.ts";
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

/** A key's waiting rows, first to last; a queue whose head is taken away without moving the rest. */
interface WaitingList {
  rows: WaitingRow[];
  head: number;
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
  static readonly descriptor: StateDescriptor = {
    name: STATE,
    kind: "panes",
    isolation: "live",
    codec: waitingListCodec(),
  };

  readonly #state: PaneState<WaitingList>;
  #queue: QueuedRow[] = [];
  /** Position of the head in #queue. */
  #head = 0;
  #sequence = 0;
  #isLoaded = false;

  constructor(state: KeyedState) {
    this.#state = state.panes<WaitingList>(STATE);
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
    if (list === undefined) this.#state.set(stateRow, PANE, { rows: [waiting], head: 0 });
    else list.rows.push(waiting);
    this.#queue.push({ stateRow, waiting });
  }

  /** Takes the first row away. */
  shift(): void {
    const first = this.#queue[this.#head++];
    if (first === undefined) return;
    const list = this.#state.get(first.stateRow, PANE);
    assert(list?.rows[list.head] === first.waiting, "a waiting row is not the first of its key");
    list.head++;
    if (list.head === list.rows.length) this.#state.delete(first.stateRow, PANE);
    else if (isMostlyTaken(list.head, list.rows.length)) {
      list.rows = list.rows.slice(list.head);
      list.head = 0;
    }
    if (isMostlyTaken(this.#head, this.#queue.length)) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  #load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    this.#state.forEach(PANE, (stateRow, list) => {
      for (const waiting of list.rows) {
        this.#queue.push({ stateRow, waiting });
        this.#sequence = Math.max(this.#sequence, waiting.sequence + 1);
      }
    });
    this.#queue.sort(
      (a, b) => compare(a.waiting.watermark, b.waiting.watermark) || a.waiting.sequence - b.waiting.sequence,
    );
  }
}

function waitingListCodec(): StateCodec {
  return {
    ...PLAIN_CODEC,
    schemaHash: "waiting/1",
    encode: (list) => (list as WaitingList).rows.slice((list as WaitingList).head),
    decode: (rows): WaitingList => ({ rows: rows as WaitingRow[], head: 0 }),
  };
}

/** Half of it: so that moving the rest costs no more than what was taken. */
function isMostlyTaken(head: number, length: number): boolean {
  return head > 64 && head * 2 > length;
}

/** Like a - b, for watermarks, which may be infinite. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
