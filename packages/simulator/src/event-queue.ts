/** Anything that is due at a time; of several due at the same time the one that was made first goes first. */
export interface Due {
  readonly dueMs: number;
  readonly order: number;
}

/** A binary heap by time, then by order of making. */
export class EventQueue<T extends Due> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  peek(): T | undefined {
    return this.#heap[0];
  }

  push(event: T): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as T;
      if (!isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  pop(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as T, heap[child] as T)) child++;
      if (!isBefore(heap[child] as T, last)) break;
      heap[at] = heap[child] as T;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  /** Takes out all for which `isOut` is true, in order. */
  extract(isOut: (event: T) => boolean): readonly T[] {
    const out: T[] = [];
    const rest: T[] = [];
    for (const event of this.#heap) (isOut(event) ? out : rest).push(event);
    // A sorted array is a heap.
    const ordered = rest.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#heap.length = 0;
    this.#heap.push(...ordered);
    return out.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
