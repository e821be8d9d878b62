import { BATCH_ROWS_MAX } from "../../record/batch.ts";

/** Places of keys, a power of two: twice as many as a batch has rows, so that few keys that differ share one. */
const PLACES = 2 * BATCH_ROWS_MAX;
/** So many batches are not looked at after one whose keys hardly repeat. */
const PASSED_OVER = 31;

/**
 * Finds integer keys that repeat in a batch, as those of hot keys do: each is looked up once then. A key that comes twice may be taken for
 * two, where another came between that has the same place.
 */
export class RepeatedKeys {
  /** The keys found last. */
  readonly distinct: Float64Array = new Float64Array(BATCH_ROWS_MAX);
  /** By row of the batch, which of them it has. */
  readonly #ordinals = new Int32Array(BATCH_ROWS_MAX);
  /** Key last seen at each place, and which it is. */
  readonly #keys = new Float64Array(PLACES);
  readonly #ordinalOf = new Int32Array(PLACES);
  #passOver = 0;

  /** Collects the keys of up to BATCH_ROWS_MAX rows into `distinct`; returns how many, or -1 where it is not worth it. */
  collect(integers: Float64Array, length: number): number {
    if (this.#passOver > 0) {
      this.#passOver--;
      return -1;
    }
    const { distinct } = this;
    const ordinals = this.#ordinals;
    const keys = this.#keys;
    const ordinalOf = this.#ordinalOf;
    keys.fill(Number.NaN);
    let count = 0;
    for (let row = 0; row < length; row++) {
      const key = integers[row] as number;
      const place = key & (PLACES - 1);
      if (keys[place] !== key) {
        keys[place] = key;
        ordinalOf[place] = count;
        distinct[count++] = key;
      }
      ordinals[row] = ordinalOf[place] as number;
    }
    if (count * 2 > length) this.#passOver = PASSED_OVER;
    return count;
  }

  /** Gives each of the `length` rows what was found for its key. */
  spread(found: Int32Array, length: number, rows: Int32Array): void {
    const ordinals = this.#ordinals;
    for (let row = 0; row < length; row++) rows[row] = found[ordinals[row] as number] as number;
  }
}
