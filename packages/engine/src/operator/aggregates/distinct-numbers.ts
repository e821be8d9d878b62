import { FlatValue, fittingLength } from "../../state/flat-value.ts";
import { placeOf } from "./number-hash.ts";

/** So many numbers are searched one by one faster than a table of them. */
const LIST_MAX = 14;
/** What the first word says beside the count, which is in the bits above. */
const HAS_ZERO = 1;
const HAS_NAN = 2;
const ONE = 4;

const NOTHING = new Float64Array(1);

/**
 * Distinct numbers, told apart as a Set does: -0 is 0, NaN is one value. The first word is how many there are without 0 and NaN, which it has marks
 * for; then a list of them, or from LIST_MAX on a table with open addressing. 0 is an empty place.
 */
export class DistinctNumbers extends FlatValue {
  static none(): DistinctNumbers {
    return new DistinctNumbers(NOTHING, 0, 1, true);
  }

  /** A set of some numbers. */
  static of(numbers: Float64Array, at: number, count: number): DistinctNumbers {
    const made = DistinctNumbers.none();
    made.renew(lengthFor(count));
    for (let i = at; i < at + count; i++) made.add(numbers[i] as number);
    return made;
  }

  get size(): number {
    const head = (this.words[this.at] as number) | 0;
    return (head >>> 2) + (head & 1) + ((head >>> 1) & 1);
  }

  add(value: number): void {
    // No other number is not itself.
    if (value === 0 || value !== value) {
      this.#mark(value === 0 ? HAS_ZERO : HAS_NAN);
      return;
    }
    const { words, at, length } = this;
    const head = (words[at] as number) | 0;
    const begin = at + 1;
    const end = at + length;
    if (length - 1 <= LIST_MAX) {
      const last = begin + (head >>> 2);
      for (let i = begin; i < last; i++) if (words[i] === value) return;
      if (last < end && !this.isShared) {
        words[last] = value;
        words[at] = head + ONE;
        return;
      }
    } else {
      let i = begin + placeOf(value, length - 1);
      for (let there = words[i]; there !== 0; there = words[i]) {
        if (there === value) return;
        if (++i === end) i = begin;
      }
      if (!this.isShared && !isCrowded(head >>> 2, length - 1)) {
        words[i] = value;
        words[at] = head + ONE;
        return;
      }
    }
    this.#makeRoom(head >>> 2);
    this.#addNew(value);
  }

  /** Adds those of another, which stays as it is. */
  addAll(other: DistinctNumbers): void {
    if (this.size === 0) {
      this.renewFrom(other);
      return;
    }
    other.forEach((value) => {
      this.add(value);
    });
  }

  forEach(visit: (value: number) => void): void {
    const { words, at, length } = this;
    const head = (words[at] as number) | 0;
    for (let i = at + 1; i < at + length; i++) if (words[i] !== 0) visit(words[i] as number);
    if ((head & HAS_ZERO) !== 0) visit(0);
    if ((head & HAS_NAN) !== 0) visit(Number.NaN);
  }

  numbers(): number {
    return this.size;
  }

  write(into: Float64Array, at: number): void {
    let to = at;
    this.forEach((value) => {
      into[to++] = value;
    });
  }

  #mark(flag: number): void {
    const head = (this.words[this.at] as number) | 0;
    if ((head & flag) !== 0) return;
    if (this.isShared) this.renewFrom(this);
    this.words[this.at] = head | flag;
  }

  /** Words that nobody reads, with room for one more. */
  #makeRoom(count: number): void {
    const { words, at, length } = this;
    const places = length - 1;
    if (places <= LIST_MAX ? count < places : !isCrowded(count, places)) {
      this.renewFrom(this);
      return;
    }
    this.renew(lengthFor(count + 1, length));
    this.words[this.at] = (words[at] as number) & (HAS_ZERO | HAS_NAN);
    for (let i = at + 1; i < at + length; i++) if (words[i] !== 0) this.#addNew(words[i] as number);
  }

  /** A number that is not there yet, and has room. */
  #addNew(value: number): void {
    const { words, at, length } = this;
    const head = (words[at] as number) | 0;
    const begin = at + 1;
    let i = begin + (head >>> 2);
    if (length - 1 > LIST_MAX) {
      i = begin + placeOf(value, length - 1);
      while (words[i] !== 0) if (++i === at + length) i = begin;
    }
    words[i] = value;
    words[at] = head + ONE;
  }
}

/** Three quarters of the places are taken. */
function isCrowded(count: number, places: number): boolean {
  return count * 4 >= places * 3;
}

/** Words for `count` numbers, and for half as many again as `length` words have room for. */
function lengthFor(count: number, length = 0): number {
  if (count <= LIST_MAX) return 1 + Math.min(LIST_MAX, Math.max(count, 2, length - 1 + (length >>> 1)));
  return fittingLength(Math.max(Math.ceil((count * 3) / 2) + 1, Math.ceil(length * 1.5)));
}
