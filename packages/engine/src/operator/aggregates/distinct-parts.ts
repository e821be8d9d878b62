import type { KeyPart } from "../../record/key-column.ts";

/** A list of so many is searched faster than a Set is made of it. */
const LIST_SHORT = 16;
/** Searches in a longer list after which a Set of it would have been cheaper. */
const SEARCHES_MAX = 24;

/**
 * Distinct key parts in order of coming, told apart as a Set does, which is as canonical key bytes do: -0 is 0, NaN is one value, 1 is not 1n.
 * Numbers are a list until a Set pays, which it never does for what is read from bytes, changed once and written again.
 */
export class DistinctParts {
  /** Numbers without NaN; null once there is a set. */
  #list: number[] | null = [];
  #searches = 0;
  #set: Set<KeyPart> | null = null;
  #isNumbers = true;

  /** The numbers that {@link write} wrote. */
  static ofNumbers(numbers: Float64Array, at: number, count: number): DistinctParts {
    const made = new DistinctParts();
    const list: number[] = [];
    for (let i = at; i < at + count; i++) list.push(numbers[i] as number);
    made.#list = list;
    // NaN is found in no list.
    for (let i = 0; i < count; i++) if (Number.isNaN(list[i])) made.#toSet();
    return made;
  }

  get size(): number {
    return this.#list === null ? (this.#set as Set<KeyPart>).size : this.#list.length;
  }

  /** True while all are numbers, NaN among them. */
  get isNumbers(): boolean {
    return this.#isNumbers;
  }

  add(value: KeyPart): void {
    if (typeof value !== "number") this.#isNumbers = false;
    else if (this.#list !== null && this.#addToList(this.#list, value)) return;
    (this.#set ?? this.#toSet()).add(value);
  }

  values(): Iterable<KeyPart> {
    return this.#list ?? (this.#set as Set<KeyPart>);
  }

  /** Writes `size` numbers from `at` on; only while {@link isNumbers}. */
  write(into: Float64Array, at: number): void {
    let to = at;
    if (this.#list === null) {
      for (const value of this.#set as Set<number>) into[to++] = value;
    } else {
      const list = this.#list;
      for (let i = 0; i < list.length; i++) into[to++] = list[i] as number;
    }
  }

  /** False: it needs a set. */
  #addToList(list: number[], value: number): boolean {
    const { length } = list;
    if (Number.isNaN(value) || (length > LIST_SHORT && ++this.#searches > SEARCHES_MAX)) return false;
    for (let i = 0; i < length; i++) if (list[i] === value) return true;
    // A Set makes 0 of -0 as well.
    list.push(value + 0);
    return true;
  }

  #toSet(): Set<KeyPart> {
    const set = (this.#set ??= new Set(this.#list));
    this.#list = null;
    return set;
  }
}
