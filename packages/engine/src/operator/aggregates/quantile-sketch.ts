import { DDSketch } from "@datadog/sketches-js";
import { FlatValue, fittingLength } from "../../state/flat-value.ts";

/** Relative accuracy of a quantile: the result is within 1 % of a value that has the asked rank. */
const RELATIVE_ACCURACY = 0.01;

/** Which logarithmic bin a value is counted in. DDSketch itself keeps its bins in objects; they are words here. */
const { mapping } = new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });

/** Words of the head: bins, and how many values are NaN, below zero, as good as zero, above zero. */
const BINS = 0;
const NANS = 1;
const NEGATIVES = 2;
const ZEROS = 3;
const POSITIVES = 4;
const HEAD = 5;

/** A bin is one word: its place times COUNTS, plus its count. Where a count is full, a second word follows for the same bin. */
const COUNTS = 2 ** 34;
const COUNT_MAX = COUNTS - 1;
/** Keys of bins are from -36,000 to 36,000; places are positive and in order of values: first those below zero, from far to near. */
const KEY_OFFSET = 2 ** 16;
const MIDDLE = 2 ** 17;

const NOTHING = new Float64Array(HEAD);

/** Plain form of one side of a sketch: the key of the first bin, then the counts of it and the following bins. */
type PlainBins = readonly number[];

/** Plain form of a sketch. */
export interface PlainSketch {
  readonly positive: PlainBins;
  readonly negative: PlainBins;
  readonly zeros: number;
  readonly nans: number;
}

/**
 * A DDSketch of numbers. It counts values per logarithmic bin, so neither order of adding nor of merging matters. Only bins that have values are
 * kept, in order of values.
 */
export class QuantileSketch extends FlatValue {
  static none(): QuantileSketch {
    const none = new QuantileSketch(NOTHING, 0, HEAD);
    none.isShared = true;
    return none;
  }

  /** The sketch that wrote `count` numbers from `at` on; undefined where none did. */
  static read(numbers: Float64Array, at: number, count: number): QuantileSketch | undefined {
    const made = QuantileSketch.none();
    const below = at + 3 + 2 * (numbers[at + 2] as number);
    if (count % 2 === 0 || !(below <= at + count)) return undefined;
    made.renew(HEAD + (count - 3) / 2);
    made.words[made.at + NANS] = numbers[at] as number;
    made.words[made.at + ZEROS] = numbers[at + 1] as number;
    for (let i = at + 3; i < at + count; i += 2) {
      const key = numbers[i] as number;
      if (!Number.isInteger(key) || Math.abs(key) >= KEY_OFFSET) return undefined;
      made.#count(i < below ? NEGATIVES : POSITIVES, key, numbers[i + 1] as number);
    }
    return made;
  }

  static fromPlain({ positive, negative, zeros, nans }: PlainSketch): QuantileSketch {
    const made = QuantileSketch.none();
    made.#tally(ZEROS, zeros);
    made.#tally(NANS, nans);
    const sides = [
      [POSITIVES, positive],
      [NEGATIVES, negative],
    ] as const;
    for (const [side, [first = 0, ...counts]] of sides) {
      counts.forEach((count, i) => {
        if (count > 0) made.#count(side, first + i, count);
      });
    }
    return made;
  }

  toPlain(): PlainSketch {
    const { words, at } = this;
    const sides: { readonly [side: number]: number[] } = { [POSITIVES]: [], [NEGATIVES]: [] };
    const bins = Array.from(words.subarray(at + HEAD, at + HEAD + this.#bins));
    // From the lowest key up.
    const inOrder = [
      ...bins.filter((bin) => sideOf(bin) === NEGATIVES).reverse(),
      ...bins.filter((bin) => sideOf(bin) === POSITIVES),
    ];
    for (const bin of inOrder) {
      const plain = sides[sideOf(bin)] as number[];
      if (plain.length === 0) plain.push(keyOf(bin));
      const index = 1 + keyOf(bin) - (plain[0] as number);
      while (plain.length <= index) plain.push(0);
      plain[index] = (plain[index] as number) + countOf(bin);
    }
    return {
      positive: sides[POSITIVES] as number[],
      negative: sides[NEGATIVES] as number[],
      zeros: words[at + ZEROS] as number,
      nans: words[at + NANS] as number,
    };
  }

  add(value: number): void {
    if (value > mapping.minPossible) this.#count(POSITIVES, mapping.key(value), 1);
    else if (value < -mapping.minPossible) this.#count(NEGATIVES, mapping.key(-value), 1);
    else this.#tally(Number.isNaN(value) ? NANS : ZEROS, 1);
  }

  /** Adds what another has counted, which stays as it is. */
  merge(other: QuantileSketch): void {
    const { words, at } = other;
    this.#tally(NANS, words[at + NANS] as number);
    this.#tally(ZEROS, words[at + ZEROS] as number);
    for (let i = at + HEAD; i < at + HEAD + other.#bins; i++) {
      const bin = words[i] as number;
      this.#count(sideOf(bin), keyOf(bin), countOf(bin));
    }
  }

  /** The q-quantile (0 to 1): NaN if a NaN was added, or nothing. */
  quantile(q: number): number {
    const { words, at } = this;
    const negatives = words[at + NEGATIVES] as number;
    const zeros = words[at + ZEROS] as number;
    const count = negatives + zeros + (words[at + POSITIVES] as number);
    if (words[at + NANS] !== 0 || count === 0) return Number.NaN;
    // As DDSketch works it out, roundings included.
    const rank = q * (count - 1);
    if (rank < negatives) return -mapping.value(this.#negativeKey(negatives, negatives - rank - 1));
    if (rank < zeros + negatives) return 0;
    return mapping.value(this.#positiveKey(rank - zeros - negatives));
  }

  /** How many are NaN, zero, and how many bins are below zero; then key and count of each bin. */
  numbers(): number {
    return 3 + 2 * this.#bins;
  }

  write(into: Float64Array, at: number): void {
    const { words } = this;
    const bins = this.#bins;
    let below = 0;
    for (let i = 0; i < bins; i++) {
      const bin = words[this.at + HEAD + i] as number;
      if (sideOf(bin) === NEGATIVES) below++;
      into[at + 3 + 2 * i] = keyOf(bin);
      into[at + 4 + 2 * i] = countOf(bin);
    }
    into[at] = words[this.at + NANS] as number;
    into[at + 1] = words[this.at + ZEROS] as number;
    into[at + 2] = below;
  }

  get #bins(): number {
    return this.words[this.at + BINS] as number;
  }

  #tally(side: number, times: number): void {
    if (times === 0) return;
    this.unshare();
    this.set(this.at + side, (this.words[this.at + side] as number) + times);
  }

  #count(side: number, key: number, times: number): void {
    const place = side === POSITIVES ? MIDDLE + KEY_OFFSET + key : MIDDLE - KEY_OFFSET - key;
    this.#tally(side, times);
    for (let left = times; left > 0;) {
      const after = this.#firstAfter(place);
      const i = this.at + HEAD + after - 1;
      const bin = after === 0 ? 0 : (this.words[i] as number);
      const isThere = bin >= place * COUNTS;
      const more = Math.min(left, isThere ? COUNT_MAX - countOf(bin) : COUNT_MAX);
      if (isThere && more > 0) this.set(i, bin + more);
      else this.#insert(after, place * COUNTS + Math.min(left, COUNT_MAX));
      left -= isThere && more > 0 ? more : Math.min(left, COUNT_MAX);
    }
  }

  /** Index of the first bin behind a place. */
  #firstAfter(place: number): number {
    const { words } = this;
    const first = this.at + HEAD;
    const end = (place + 1) * COUNTS;
    let low = 0;
    let high = this.#bins;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((words[first + middle] as number) < end) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(index: number, bin: number): void {
    const bins = this.#bins;
    if (HEAD + bins === this.length) this.#grow(bins);
    const { words } = this;
    const first = this.at + HEAD;
    if (this.guard !== null) this.guard.beforeWrite(first + index, bins - index + 1);
    for (let i = first + bins; i > first + index; i--) words[i] = words[i - 1] as number;
    words[first + index] = bin;
    this.set(this.at + BINS, bins + 1);
  }

  #grow(bins: number): void {
    const { words, at, length } = this;
    this.renew(fittingLength(length + Math.max(2, bins >>> 1)));
    this.words.set(words.subarray(at, at + length), this.at);
  }

  /** The key of the value below zero of a rank, counted from zero. */
  #negativeKey(negatives: number, rank: number): number {
    const { words } = this;
    const first = this.at + HEAD;
    let found = first;
    let nearer = negatives;
    for (let i = first; nearer >= rank + 1 && i < first + this.#bins; i++) {
      found = i;
      nearer -= countOf(words[i] as number);
    }
    return keyOf(words[found] as number);
  }

  /** The key of the value above zero of a rank, counted from zero. */
  #positiveKey(rank: number): number {
    const { words } = this;
    const end = this.at + HEAD + this.#bins;
    let i = this.at + HEAD + this.#firstAfter(MIDDLE);
    for (
      let running = countOf(words[i] as number);
      running <= rank && i < end - 1;
      running += countOf(words[i] as number)
    )
      i++;
    return keyOf(words[i] as number);
  }
}

function placeIn(bin: number): number {
  return Math.floor(bin * (1 / COUNTS));
}

function countOf(bin: number): number {
  return bin - placeIn(bin) * COUNTS;
}

function sideOf(bin: number): number {
  return bin < MIDDLE * COUNTS ? NEGATIVES : POSITIVES;
}

function keyOf(bin: number): number {
  return Math.abs(placeIn(bin) - MIDDLE) - KEY_OFFSET;
}
