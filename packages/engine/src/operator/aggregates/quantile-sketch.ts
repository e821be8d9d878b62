import { DDSketch } from "@datadog/sketches-js";

/** Relative accuracy of a quantile: the result is within 1 % of a value that has the asked rank. */
const RELATIVE_ACCURACY = 0.01;

type Bins = DDSketch["store"];

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
 * A DDSketch of numbers. It counts values per logarithmic bin, so neither order of adding nor of merging matters, and a
 * sketch made again from its plain form is the same sketch.
 *
 * Merging goes bin by bin: sketches-js 2.1.1 leaves the negative values out of `DDSketch.merge`, and `DenseStore.merge` loses
 * track of a range that ends at bin 0 (values just below 1).
 */
export class QuantileSketch {
  readonly #sketch: DDSketch = new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });
  /** DDSketch would count NaN as zero. */
  #nans = 0;

  add(value: number): void {
    if (Number.isNaN(value)) this.#nans++;
    else this.#sketch.accept(value);
  }

  merge(other: QuantileSketch): void {
    this.#nans += other.#nans;
    this.#addBins({
      positive: plainBins(other.#sketch.store),
      negative: plainBins(other.#sketch.negativeStore),
      zeros: other.#sketch.zeroCount,
    });
  }

  /** The q-quantile (0 to 1): NaN if a NaN was added, or nothing. */
  quantile(q: number): number {
    return this.#nans > 0 ? Number.NaN : this.#sketch.getValueAtQuantile(q);
  }

  toPlain(): PlainSketch {
    return {
      positive: plainBins(this.#sketch.store),
      negative: plainBins(this.#sketch.negativeStore),
      zeros: this.#sketch.zeroCount,
      nans: this.#nans,
    };
  }

  static fromPlain(plain: PlainSketch): QuantileSketch {
    const made = new QuantileSketch();
    made.#nans = plain.nans;
    made.#addBins(plain);
    return made;
  }

  #addBins({ positive, negative, zeros }: Omit<PlainSketch, "nans">): void {
    const sketch = this.#sketch;
    sketch.count += addTo(sketch.store, positive) + addTo(sketch.negativeStore, negative) + zeros;
    sketch.zeroCount += zeros;
  }
}

function plainBins(store: Bins): PlainBins {
  if (store.count === 0) return [];
  return [store.minKey, ...store.bins.slice(store.minKey - store.offset, store.maxKey + 1 - store.offset)];
}

/** Returns how many values were added. */
function addTo(store: Bins, plain: PlainBins): number {
  const [first = 0, ...counts] = plain;
  let added = 0;
  counts.forEach((count, index) => {
    if (count === 0) return;
    store.add(first + index, count);
    added += count;
  });
  return added;
}
