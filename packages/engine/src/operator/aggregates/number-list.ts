import { FlatValue } from "../../state/flat-value.ts";

const NOTHING = new Float64Array(1);

/** Numbers in order: how many, then them. */
export class NumberList extends FlatValue {
  static none(): NumberList {
    const none = new NumberList(NOTHING, 0, NOTHING.length);
    none.isShared = true;
    return none;
  }

  static of(numbers: ArrayLike<number>, at: number, count: number): NumberList {
    const made = NumberList.none();
    made.renew(1 + count);
    for (let i = 0; i < count; i++) made.words[made.at + 1 + i] = numbers[at + i] as number;
    made.words[made.at] = count;
    return made;
  }

  numbers(): number {
    return this.words[this.at] as number;
  }

  /** Adds one at the end, where there may be at most `max`. */
  push(value: number, max: number): void {
    const count = this.numbers();
    if (count === this.length - 1) this.#grow(count, 1 + Math.min(max, count + Math.max(2, count >>> 1)));
    else this.unshare();
    this.set(this.at + 1 + count, value);
    this.set(this.at, count + 1);
  }

  toArray(): number[] {
    const { words, at } = this;
    const array: number[] = [];
    for (let i = at + 1; i <= at + this.numbers(); i++) array.push(words[i] as number);
    return array;
  }

  write(into: Float64Array, at: number): void {
    into.set(this.words.subarray(this.at + 1, this.at + 1 + this.numbers()), at);
  }

  #grow(count: number, length: number): void {
    const { words, at } = this;
    this.renew(length);
    for (let i = 0; i <= count; i++) this.words[this.at + i] = words[at + i] as number;
  }
}
