import type { ByteReader } from "../byte-reader.ts";
import type { SlotState } from "../slot-state.ts";
import type { Journal } from "./journal.ts";
import { RowMarks } from "./row-marks.ts";
import type { RowTable } from "./row-table.ts";
import type { FrozenPart, SnapshotPart } from "./snapshot-part.ts";
import { SlotWords, WRITTEN, type SlotOptions } from "./slot-words.ts";

const MADE = 1;
const CLEARED = 2;

/** A slot per row, at the row's place: rows are dense and their ids are used again. */
export class MemorySlotState extends SlotWords implements SlotState, SnapshotPart {
  readonly #table: RowTable;
  /** Rows that have a slot. */
  readonly #present = new RowMarks();
  #live = 0;

  constructor(table: RowTable, journal: Journal, options: SlotOptions) {
    super({ ...options, ownWords: 0 }, journal);
    this.#table = table;
  }

  get bytes(): number {
    return this.#live * (this.width * 8 + 1) + this.valueBytes;
  }

  find(row: number): number {
    return this.#present.has(row) ? row * this.width : -1;
  }

  claim(row: number): number {
    const at = row * this.width;
    if (this.#present.has(row)) return at;
    if (at + this.width > this.words.length) this.widen(row + 1);
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

  /** Nor by touch: who has the row resolved it. */
  protected override markChanged(): void {}

  freeze(): FrozenPart {
    const present = this.#present;
    this.freezeWords(present.end);
    present.freeze();
    return {
      steps: present.end,
      write: (writers, from, end) => {
        for (let row = from; row < end; row++) {
          if (present.wasMarked(row) && writers.wants(row))
            this.writeFrozen(writers.entry(row), this.frozenSlot(row * this.width));
        }
      },
      release: () => {
        present.thaw();
        this.thawWords();
      },
    };
  }

  read(reader: ByteReader, row: number): void {
    this.readSlot(reader, this.claim(row));
  }

  #appear(row: number): void {
    this.#present.mark(row);
    this.#live++;
    this.#table.hold(row);
  }

  #vanish(row: number): void {
    this.#present.unmark(row);
    this.#live--;
    this.#table.letGo(row);
  }
}
