import { assert } from "../../foundation/assert.ts";

/** What a journal entry goes back to. The meaning of `extra` and `old` is the noting state's own. */
export interface Undoable {
  undo(row: number, extra: unknown, old: unknown): void;
}

/** What is told how a record ended, once, if it asked for it during the record. */
export interface Settling {
  /** `kept`: the record's writes stand; false after they were undone. */
  settle(kept: boolean): void;
}

/**
 * Undo log of one record: what each write replaced, undone last first. Parallel arrays and a count, kept between records, so that a
 * record whose writes stand costs no allocation.
 */
export class Journal {
  /** True between begin and its end; nothing is noted otherwise. */
  active = false;
  #count = 0;
  readonly #targets: Undoable[] = [];
  readonly #rows: number[] = [];
  readonly #extras: unknown[] = [];
  readonly #olds: unknown[] = [];
  #words = new Float64Array(64);
  #wordCount = 0;
  readonly #settling: Settling[] = [];

  begin(): void {
    assert(!this.active, "a state journal is open already; they do not nest");
    this.active = true;
  }

  /** Call before a write, with what is needed to take it back; nothing is noted outside a journal. */
  note(target: Undoable, row: number, extra: unknown, old: unknown): void {
    if (!this.active) return;
    const at = this.#count++;
    this.#targets[at] = target;
    this.#rows[at] = row;
    this.#extras[at] = extra;
    this.#olds[at] = old;
  }

  /** The same with `width` words from `at` as what is old: undo gets the index of their copy in {@link notedWords}. */
  noteWords(target: Undoable, row: number, extra: unknown, words: Float64Array, at: number, width: number): void {
    if (!this.active) return;
    const start = this.#wordCount;
    const end = start + width;
    if (end > this.#words.length) {
      const grown = new Float64Array(Math.max(end, this.#words.length * 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    for (let i = 0; i < width; i++) this.#words[start + i] = words[at + i] as number;
    this.#wordCount = end;
    this.note(target, row, extra, start);
  }

  get notedWords(): Float64Array {
    return this.#words;
  }

  /** Asks for one `settle` when the open journal ends. */
  enlist(settling: Settling): void {
    this.#settling.push(settling);
  }

  commit(): void {
    assert(this.active, "no state journal is open");
    this.active = false;
    this.#forget(true);
  }

  rollback(): void {
    assert(this.active, "no state journal is open");
    // Closed first: undoing goes through the same writes and must not be noted.
    this.active = false;
    for (let i = this.#count - 1; i >= 0; i--) {
      (this.#targets[i] as Undoable).undo(this.#rows[i] as number, this.#extras[i], this.#olds[i]);
    }
    this.#forget(false);
  }

  #forget(kept: boolean): void {
    const count = this.#count;
    this.#count = 0;
    this.#wordCount = 0;
    // What was replaced may be large; it does not wait here for the next record.
    for (let i = 0; i < count; i++) {
      this.#olds[i] = null;
      this.#extras[i] = null;
    }
    if (this.#settling.length === 0) return;
    for (const settling of this.#settling) settling.settle(kept);
    this.#settling.length = 0;
  }
}
