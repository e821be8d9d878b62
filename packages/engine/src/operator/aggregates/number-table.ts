import { FlatValue, fittingLength } from "../../state/flat-value.ts";
import { placeOf } from "./number-hash.ts";

/** So many numbers are searched one by one faster than a table of them. */
const LIST_MAX = 14;

/**
 * A flat table by number, told apart as a Set does: -0 is 0, NaN is one value. After `headWords`, the first of which is how many numbers there are in
 * it, come places for numbers, then, if `perPlace` is more than 1, as many words for what belongs to each of them. Up to LIST_MAX the
 * numbers are one after another, in more places they are found by open addressing; 0 is an empty place, so 0 and NaN are the subclass's.
 */
export abstract class NumberTable extends FlatValue {
  abstract get headWords(): number;
  abstract get perPlace(): number;

  get places(): number {
    return (this.length - this.headWords) / this.perPlace;
  }

  /** Index in `words` of a number that is neither 0 nor NaN; where it is not, -1 - the index of where it would be put. */
  protected find(value: number): number {
    const { words, at, places } = this;
    const begin = at + this.headWords;
    if (places <= LIST_MAX) {
      const end = begin + (words[at] as number);
      for (let i = begin; i < end; i++) if (words[i] === value) return i;
      return -1 - end;
    }
    const end = begin + places;
    let i = begin + placeOf(value, places);
    for (let there = words[i]; there !== 0; there = words[i]) {
      if (there === value) return i;
      if (++i === end) i = begin;
    }
    return -1 - i;
  }

  /** Puts a number where `find` said; returns its index, which is another one where room had to be made. */
  protected insert(value: number, notFound: number): number {
    const count = this.words[this.at] as number;
    let i = -1 - notFound;
    if (this.isShared || isCrowded(count, this.places)) {
      this.#makeRoom(count);
      i = -1 - this.find(value);
    }
    this.set(i, value);
    this.set(this.at, count + 1);
    return i;
  }

  /** Room for `count` numbers, of which there are none yet. */
  protected renewFor(count: number): void {
    this.renew(this.#lengthFor(placesFor(count, 0)));
  }

  /** Words that nobody reads, with room for one more number. */
  #makeRoom(count: number): void {
    const { words, at, places, headWords } = this;
    if (!isCrowded(count, places)) {
      this.unshare();
      return;
    }
    this.renew(this.#lengthFor(placesFor(count + 1, places)));
    const made = this.words;
    for (let i = 0; i < headWords; i++) made[this.at + i] = words[at + i] as number;
    const isList = this.places <= LIST_MAX;
    for (let i = at + headWords, left = count; left > 0; i++) {
      const value = words[i] as number;
      if (value === 0) continue;
      const to = isList ? this.at + headWords + count - left : -1 - this.find(value);
      made[to] = value;
      for (let w = 1; w < this.perPlace; w++) made[to + w * this.places] = words[i + w * places] as number;
      left--;
    }
  }

  #lengthFor(places: number): number {
    const least = this.headWords + places * this.perPlace;
    if (places <= LIST_MAX) return least;
    return fittingLength(least);
  }
}

/** There is no room, or three quarters of a table are taken, from where on searches are long. */
function isCrowded(count: number, places: number): boolean {
  return places <= LIST_MAX ? count === places : count * 4 >= places * 3;
}

/** For `count` numbers, where there were `places`. */
function placesFor(count: number, places: number): number {
  const wanted = Math.max(count, 2, places + (places >>> 1));
  if (count <= LIST_MAX) return Math.min(LIST_MAX, wanted);
  return Math.max(Math.ceil((count * 3) / 2) + 1, wanted);
}
