import { NumberTable } from "./number-table.ts";

/** Words of the head: how often 0 and NaN came. */
const ZEROS = 1;
const NANS = 2;

const NOTHING = new Float64Array(3);

/** How often numbers came. */
export class NumberCounts extends NumberTable {
  static none(): NumberCounts {
    const none = new NumberCounts(NOTHING, 0, NOTHING.length);
    none.isShared = true;
    return none;
  }

  /** The counts of `count` / 2 numbers: a number, how often it came, and so on. Undefined where that makes no sense. */
  static ofPairs(pairs: Float64Array, at: number, count: number): NumberCounts | undefined {
    if (count % 2 !== 0) return undefined;
    const made = NumberCounts.none();
    made.renewFor(count / 2);
    for (let i = at; i < at + count; i += 2) made.add(pairs[i] as number, pairs[i + 1] as number);
    return made;
  }

  get headWords(): number {
    return 3;
  }

  get perPlace(): number {
    return 2;
  }

  add(value: number, times: number): void {
    // No other number is not itself.
    if (value === 0 || value !== value) {
      this.unshare();
      this.#increase(this.at + (value === 0 ? ZEROS : NANS), times);
      return;
    }
    const found = this.find(value);
    if (found < 0) {
      const made = this.insert(value, found);
      this.set(made + this.places, times);
      return;
    }
    const place = found - this.at;
    this.unshare();
    this.#increase(this.at + place + this.places, times);
  }

  /** Adds those of another, which stays as it is. */
  addAll(other: NumberCounts): void {
    if (this.numbers() === 0) {
      this.renewFrom(other);
      return;
    }
    other.forEach((value, times) => {
      this.add(value, times);
    });
  }

  forEach(visit: (value: number, times: number) => void): void {
    const { words, at, places, headWords } = this;
    for (let i = at + headWords; i < at + headWords + places; i++) {
      if (words[i] !== 0) visit(words[i] as number, words[i + places] as number);
    }
    if (words[at + ZEROS] !== 0) visit(0, words[at + ZEROS] as number);
    if (words[at + NANS] !== 0) visit(Number.NaN, words[at + NANS] as number);
  }

  numbers(): number {
    const { words, at } = this;
    const distinct = (words[at] as number) + Number(words[at + ZEROS] !== 0) + Number(words[at + NANS] !== 0);
    return distinct * 2;
  }

  write(into: Float64Array, at: number): void {
    let to = at;
    this.forEach((value, times) => {
      into[to++] = value;
      into[to++] = times;
    });
  }

  #increase(at: number, times: number): void {
    this.set(at, (this.words[at] as number) + times);
  }
}
