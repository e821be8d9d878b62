import { TidemarkError } from "../../foundation/error.ts";
import type { ByteReader } from "../byte-reader.ts";
import type { TimerState } from "../state-backend.ts";
import type { Journal, Undoable } from "./journal.ts";
import type { RowTable } from "./row-table.ts";
import type { FrozenPart, SnapshotPart } from "./snapshot-part.ts";
import { TimerHeap } from "./timer-heap.ts";

/** A mask has one bit per timer. */
export const TIMERS_MAX = 32;

/** A heap per timer; what is asked of several compares their first entries. */
export class MemoryTimerState implements TimerState, Undoable {
  readonly #table: RowTable;
  readonly #journal: Journal;
  readonly #heaps: readonly TimerHeap[];

  constructor(table: RowTable, journal: Journal, timers: number) {
    this.#table = table;
    this.#journal = journal;
    this.#heaps = Array.from({ length: timers }, () => new TimerHeap(table));
  }

  get bytes(): number {
    return this.#heaps.reduce((bytes, heap) => bytes + heap.size * 20, 0);
  }

  set(row: number, timer: number, time: number): void {
    if (Number.isNaN(time)) {
      throw new TidemarkError("TM_STATE_VALUE", "a timer needs a time in epoch milliseconds, not NaN", {
        facts: { timer },
      });
    }
    this.#journal.note(this, row, timer, this.get(row, timer));
    this.#put(row, timer, time);
  }

  clear(row: number, timer: number): void {
    const time = this.get(row, timer);
    if (time === undefined) return;
    this.#journal.note(this, row, timer, time);
    this.#put(row, timer, undefined);
  }

  get(row: number, timer: number): number | undefined {
    const heap = this.#heap(timer);
    return heap.has(row) ? heap.time(row) : undefined;
  }

  earliest(mask: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (let timer = 0; timer < this.#heaps.length; timer++) {
      const heap = this.#heap(timer);
      if ((mask & (1 << timer)) !== 0 && heap.size > 0) earliest = Math.min(earliest, heap.time(heap.first));
    }
    return earliest;
  }

  firstDue(timer: number, upTo: number): number {
    const heap = this.#heap(timer);
    const row = heap.first;
    return row >= 0 && heap.time(row) <= upTo ? row : -1;
  }

  popDue(mask: number, upTo: number): { row: number; timer: number; time: number } | null {
    let dueTimer = -1;
    let dueTime = Number.POSITIVE_INFINITY;
    for (let timer = 0; timer < this.#heaps.length; timer++) {
      const heap = this.#heap(timer);
      if ((mask & (1 << timer)) === 0 || heap.size === 0) continue;
      const time = heap.time(heap.first);
      // At equal times the lower timer index goes first, also at Infinity.
      if (time <= upTo && (dueTimer < 0 || time < dueTime)) {
        dueTimer = timer;
        dueTime = time;
      }
    }
    if (dueTimer < 0) return null;
    const row = this.#heap(dueTimer).first;
    this.#put(row, dueTimer, undefined);
    return { row, timer: dueTimer, time: dueTime };
  }

  undo(row: number, extra: unknown, old: unknown): void {
    this.#put(row, extra as number, old as number | undefined);
  }

  /** The snapshot part of one timer. */
  part(timer: number): SnapshotPart {
    return {
      bytes: 0,
      freeze: (): FrozenPart => {
        const heap = this.#heap(timer);
        const { size, row, time } = heap.freeze();
        return {
          steps: size,
          write: (writers, from, end): void => {
            for (let i = from; i < end; i++) {
              const of = row(i);
              if (writers.wants(of)) writers.entry(of).f64(time(i));
            }
          },
          release: () => {
            heap.thaw();
          },
        };
      },
      clear: (row: number): void => {
        this.#put(row, timer, undefined);
      },
      read: (reader: ByteReader, row: number): void => {
        const time = reader.f64();
        if (Number.isNaN(time)) reader.fail("a timer has no time");
        this.#put(row, timer, time);
      },
    };
  }

  #heap(timer: number): TimerHeap {
    return this.#heaps[timer] as TimerHeap;
  }

  #put(row: number, timer: number, time: number | undefined): void {
    const heap = this.#heap(timer);
    const isPending = heap.has(row);
    this.#table.changes.mark(row);
    if (time !== undefined) {
      heap.set(row, time);
      if (!isPending) this.#table.hold(row);
    } else if (isPending) {
      heap.remove(row);
      this.#table.letGo(row);
    }
  }
}
