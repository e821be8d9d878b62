import { TidemarkError } from "../foundation/error.ts";
import { fittingCells } from "./memory/value-arena.ts";

/** So many words, for a start, come from an array that many values share: an array of its own for each costs more than what is done with it. */
const SMALL_MAX = 1_024;
const NURSERY_WORDS = 2 ** 16;
/** So many words, and the head of their block, are 2 GiB: their length in bytes is an int32. */
const WORDS_MAX = 2 ** 28 - 1;

/**
 * A value that is float64 words and nothing else, which are read and written where a state keeps them: what is in memory is what is kept, and
 * nothing is decoded or encoded to change it. The words belong to a state, or, of a value that is not kept yet or has outgrown its place,
 * to the value; a state that is given one of those keeps a copy of the words, and points the value to it.
 *
 * A subclass may have no fields of its own.
 */
export abstract class FlatValue {
  words: Float64Array;
  /** Index in `words` of the first word, and how many there are. */
  at: number;
  length: number;
  /** True: somebody else reads these words, and they are not changed: see {@link unshare}. */
  isShared = false;
  /** Is told before words change; null where nobody needs to know. */
  guard: WriteGuard | null = null;
  /** True: the array is the value's alone. */
  isOwn = false;

  constructor(words: Float64Array, at: number, length: number) {
    this.words = words;
    this.at = at;
    this.length = length;
  }

  /** How many numbers {@link write} writes. */
  abstract numbers(): number;

  /** Writes what is in a checkpoint of the value, from `at` on. */
  abstract write(into: Float64Array, at: number): void;

  /** Points the value to its words. */
  place(words: Float64Array, at: number): void {
    this.words = words;
    this.at = at;
    this.isShared = false;
    this.guard = null;
    this.isOwn = false;
  }

  /** Call before words are written: makes a copy of the words those of the value where somebody else reads them. Indexes in `words` may change. */
  protected unshare(): void {
    if (this.isShared) this.renewFrom(this);
  }

  /** Writes a word that is not shared. */
  protected set(index: number, word: number): void {
    if (this.guard !== null) this.guard.beforeWrite(index, 1);
    this.words[index] = word;
  }

  /** Makes `length` words, all 0, those of the value; the ones before stay as they are, for the caller to take over what is in them. */
  protected renew(length: number): void {
    if (length <= SMALL_MAX) {
      if (nurseryEnd + length > nursery.length) {
        nursery = new Float64Array(NURSERY_WORDS);
        nurseryEnd = 0;
      }
      this.place(nursery, nurseryEnd);
      nurseryEnd += length;
    } else {
      this.place(newWords(length), 1);
      this.isOwn = true;
    }
    this.length = length;
  }

  /** Makes a copy of its words, or of another value's, those of the value. */
  protected renewFrom({ words, at, length }: FlatValue): void {
    this.renew(length);
    this.words.set(words.subarray(at, at + length), this.at);
  }
}

/** What notes words before they change. */
export interface WriteGuard {
  /** `count` words from index `at` on are going to be written. */
  beforeWrite(at: number, count: number): void;
}

/** How the flat values of a codec come about. */
export interface FlatForm {
  /** A value over words that were those of another; it shares them. */
  open(words: Float64Array, at: number, length: number): FlatValue;
  /** The value that wrote `count` numbers from `at` on, which shares nothing with them; undefined where they make no sense. */
  read(numbers: Float64Array, at: number, count: number): FlatValue | undefined;
}

/** A number of words, at least `least`, that fills what is taken in memory for it. */
export function fittingLength(least: number): number {
  return fittingCells(least + 1) - 1;
}

/** Words that were not given out yet are 0, and none is given out twice. */
let nursery = new Float64Array(0);
let nurseryEnd = 0;

/** Words from index 1 on: what a state needs to keep a large array as it is comes before. */
function newWords(length: number): Float64Array {
  try {
    if (length > WORDS_MAX) throw new RangeError(`more than ${WORDS_MAX} words`);
    return new Float64Array(length + 1);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TidemarkError(
      "TM_STATE_FULL",
      "there is no more memory for what an aggregate keeps of one key; aggregate over shorter windows or finer keys",
      { cause, facts: { words: length } },
    );
  }
}
