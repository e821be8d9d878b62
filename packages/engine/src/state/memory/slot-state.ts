import type { ByteReader } from "../byte-reader.ts";
import type { SlotState } from "../slot-state.ts";
import type { Journal } from "./journal.ts";
import type { RowTable } from "./row-table.ts";
import type { FrozenPart, SnapshotPart } from "./snapshot-part.ts";
import { SlotWords, WRITTEN, type SlotOptions } from "./slot-words.ts";

const MADE = 1;
const CLEARED = 2;

/** A slot per row, at the row's place: rows are dense and their ids are used again. */
export class MemorySlotState extends SlotWords implements SlotState, SnapshotPart {
  readonly #table: RowTable;
  /** 1 where the row has a slot. */
  #present = new Uint8Array(0);
  #live = 0;

  constructor(table: RowTable, journal: Journal, options: SlotOptions) {
    super(options, journal);
    this.#table = table;
  }

  get bytes(): number {
    return this.#live * (this.width * 8 + 1) + this.valueBytes;
  }

  find(row: number): number {
    return row < this.#present.length && this.#present[row] === 1 ? row * this.width : -1;
  }

  claim(row: number): number {
    const at = row * this.width;
    if (row < this.#present.length && this.#present[row] === 1) return at;
    if (row >= this.#present.length) this.#grow(row);
    this.journal.note(this, row, MADE, null);
    this.fill(at);
    this.#appear(row);
    return at;
  }

  clear(row: number): void {
    const at = this.find(row);
    if (at < 0) return;
    this.journal.noteWords(this, row, CLEARED, this.words, at, this.width);
    this.releaseValues(at);
    this.#vanish(row);
  }

  undo(row: number, extra: unknown, old: unknown): void {
    if (extra === WRITTEN) {
      this.putBack(row, old as number);
    } else if (extra === MADE) {
      this.#vanish(row);
    } else {
      this.putBack(row * this.width, old as number);
      this.#appear(row);
    }
  }

  freeze(): FrozenPart {
    this.freezeWords();
    const present = this.#present.slice();
    return {
      steps: present.length,
      write: (writers, from, end) => {
        for (let row = from; row < end; row++) {
          if (present[row] === 1) this.writeFrozen(writers.entry(row), row * this.width);
        }
      },
      release: () => {
        this.thawWords();
      },
    };
  }

  read(reader: ByteReader, row: number): void {
    this.readSlot(reader, this.claim(row));
  }

  #appear(row: number): void {
    this.#present[row] = 1;
    this.#live++;
    this.#table.hold(row);
  }

  #vanish(row: number): void {
    this.#present[row] = 0;
    this.#live--;
    this.#table.letGo(row);
  }

  #grow(row: number): void {
    const capacity = Math.max(16, row + 1, this.#present.length * 2);
    this.widen(capacity);
    const present = new Uint8Array(capacity);
    present.set(this.#present);
    this.#present = present;
  }
}
