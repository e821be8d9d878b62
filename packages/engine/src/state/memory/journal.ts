import { assert } from "../../foundation/assert.ts";

/** What a journal entry goes back to. The meaning of `extra` and `old` is the noting state's own. */
export interface Undoable {
  undo(row: number, extra: unknown, old: unknown): void;
}

/**
 * Undo log of one record: what each write replaced, undone last first. Parallel arrays, kept between records, so that a
 * record whose writes stand costs no allocation.
 */
export class Journal {
  #active = false;
  readonly #targets: Undoable[] = [];
  readonly #rows: number[] = [];
  readonly #extras: unknown[] = [];
  readonly #olds: unknown[] = [];

  get active(): boolean {
    return this.#active;
  }

  begin(): void {
    assert(!this.#active, "a state journal is open already; they do not nest");
    this.#active = true;
  }

  /** Call before a write, with what is needed to take it back; nothing is noted outside a journal. */
  note(target: Undoable, row: number, extra: unknown, old: unknown): void {
    if (!this.#active) return;
    this.#targets.push(target);
    this.#rows.push(row);
    this.#extras.push(extra);
    this.#olds.push(old);
  }

  commit(): void {
    assert(this.#active, "no state journal is open");
    this.#active = false;
    this.#forget();
  }

  rollback(): void {
    assert(this.#active, "no state journal is open");
    // Closed first: undoing goes through the same writes and must not be noted.
    this.#active = false;
    for (let i = this.#targets.length - 1; i >= 0; i--) {
      (this.#targets[i] as Undoable).undo(this.#rows[i] as number, this.#extras[i], this.#olds[i]);
    }
    this.#forget();
  }

  #forget(): void {
    if (this.#targets.length === 0) return;
    this.#targets.length = 0;
    this.#rows.length = 0;
    this.#extras.length = 0;
    this.#olds.length = 0;
  }
}
