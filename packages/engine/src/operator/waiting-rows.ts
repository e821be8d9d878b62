import { assert } from "../foundation/assert.ts";
import type { PaneSlotState } from "../state/slot-state.ts";
import type { KeyedState, StateDescriptor } from "../state/state-backend.ts";
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
    kind: "paneSlots",
    fields: [{ name: "rows", kind: "value", initial: 0, isolation: "live", codec: waitingListCodec() }],
  };

  readonly #state: PaneSlotState;
  #queue: QueuedRow[] = [];
  /** Position of the head in #queue. */
  #head = 0;
  #sequence = 0;
  #isLoaded = false;

  constructor(state: KeyedState) {
    this.#state = state.paneSlots(STATE);
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
    const at = this.#state.claim(stateRow, PANE);
    const list = (this.#state.value(at, 0) as WaitingList | undefined) ?? { rows: [], head: 0 };
    list.rows.push(waiting);
    this.#state.setValue(at, 0, list);
    this.#queue.push({ stateRow, waiting });
  }

  /** Takes the first row away. */
  shift(): void {
    const first = this.#queue[this.#head++];
    if (first === undefined) return;
    const at = this.#state.find(first.stateRow, PANE);
    assert(at >= 0, "a waiting row is not in the list of its key");
    const list = this.#state.value(at, 0) as WaitingList;
    assert(list.rows[list.head]?.sequence === first.waiting.sequence, "a waiting row is not the first of its key");
    list.head++;
    if (list.head === list.rows.length) {
      this.#state.delete(first.stateRow, PANE);
    } else {
      if (isMostlyTaken(list.head, list.rows.length)) {
        list.rows = list.rows.slice(list.head);
        list.head = 0;
      }
      this.#state.setValue(at, 0, list);
    }
    if (isMostlyTaken(this.#head, this.#queue.length)) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  #load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    const stateRows = new Int32Array(this.#state.size(PANE));
    const slots = new Int32Array(stateRows.length);
    this.#state.scan(PANE, 0, stateRows, slots);
    stateRows.forEach((stateRow, i) => {
      for (const waiting of (this.#state.value(slots[i] as number, 0) as WaitingList).rows) {
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
