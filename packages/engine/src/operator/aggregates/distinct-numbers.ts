import { NumberTable } from "./number-table.ts";

/** Marks in the second word. */
const HAS_ZERO = 1;
const HAS_NAN = 2;

const NOTHING = new Float64Array(2);

/** Distinct numbers. */
export class DistinctNumbers extends NumberTable {
  static none(): DistinctNumbers {
    const none = new DistinctNumbers(NOTHING, 0, NOTHING.length);
    none.isShared = true;
    return none;
  }

  /** A set of some numbers. */
  static of(numbers: Float64Array, at: number, count: number): DistinctNumbers {
    const made = DistinctNumbers.none();
    made.renewFor(count);
    for (let i = at; i < at + count; i++) made.add(numbers[i] as number);
    return made;
  }

  get headWords(): number {
    return 2;
  }

  get perPlace(): number {
    return 1;
  }

  get size(): number {
    const marks = (this.words[this.at + 1] as number) | 0;
    return (this.words[this.at] as number) + (marks & HAS_ZERO) + (marks >>> 1);
  }

  add(value: number): void {
    // No other number is not itself.
    if (value === 0 || value !== value) {
      this.#mark(value === 0 ? HAS_ZERO : HAS_NAN);
      return;
    }
    const found = this.find(value);
    if (found < 0) this.insert(value, found);
  }

  /** Adds those of another, which stays as it is. */
  addAll(other: DistinctNumbers): void {
    if (this.size === 0) {
      this.renewFrom(other);
      return;
    }
    for (const value of other.values()) this.add(value);
  }

  values(): Float64Array {
    const values = new Float64Array(this.size);
    this.write(values, 0);
    return values;
  }

  numbers(): number {
    return this.size;
  }

  write(into: Float64Array, at: number): void {
    const { words, length } = this;
    const marks = (words[this.at + 1] as number) | 0;
    let to = at;
    for (let i = this.at + 2; i < this.at + length; i++) {
      const value = words[i] as number;
      if (value !== 0) into[to++] = value;
    }
    if ((marks & HAS_ZERO) !== 0) into[to++] = 0;
    if ((marks & HAS_NAN) !== 0) into[to] = Number.NaN;
  }

  #mark(mark: number): void {
    const marks = (this.words[this.at + 1] as number) | 0;
    if ((marks & mark) !== 0) return;
    this.unshare();
    this.set(this.at + 1, marks | mark);
  }
}
