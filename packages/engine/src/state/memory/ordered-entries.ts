/** A kept value and its place among the entries. */
export interface OrderedEntry {
  order: number;
  kept: unknown;
}

/**
 * Entries in insertion order whose removal can be taken back: each knows its place, and only an entry that comes back to an
 * earlier place costs a sort, at the next reading in order.
 */
export class OrderedEntries {
  #entries = new Map<string, OrderedEntry>();
  #nextOrder = 0;
  #inOrder = true;

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): OrderedEntry | undefined {
    return this.#entries.get(key);
  }

  /** `order` null: keeps the entry's place, or puts a new one last; else the place it comes back to. */
  set(key: string, kept: unknown, order: number | null): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.kept = kept;
      return;
    }
    if (order !== null && order < this.#nextOrder) this.#inOrder = false;
    const place = order ?? this.#nextOrder;
    this.#nextOrder = Math.max(this.#nextOrder, place + 1);
    this.#entries.set(key, { order: place, kept });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  entries(): Iterable<[string, OrderedEntry]> {
    if (!this.#inOrder) {
      this.#entries = new Map(Array.from(this.#entries).sort(([, a], [, b]) => a.order - b.order));
      this.#inOrder = true;
    }
    return this.#entries;
  }
}
