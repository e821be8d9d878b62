import { BATCH_ROWS_MAX } from "../record/batch.ts";

/** Arrays for a batch of changes; may be longer than the batch. */
export interface ChangeArrays {
  /** By aggregate. */
  readonly numbers: readonly Float64Array[];
  /** The memory of `numbers`, then `timestamps` and `watermarks`: each begins `stride` numbers behind the one before, the first at 0. */
  readonly cells: Float64Array;
  readonly stride: number;
  readonly timestamps: Float64Array;
  readonly watermarks: Float64Array;
  /** Rows of the input. */
  readonly rows: Int32Array;
  readonly rowKinds: Uint8Array;
  /** An array for numbers of part `part` of the keys. */
  part(part: number): Float64Array;
}

/**
 * Bytes between two arrays. Cells of one row that are a multiple of 4,096 bytes apart, as they would be in arrays of 1,024 numbers, compete for
 * the same few places of the nearest cache, and a loop that writes a dozen of them finds none of them there again.
 */
const APART = 192;

/** Where the arrays of batches come from, and what becomes of them. */
export interface ChangeMemory {
  /** The stride of all its arrays, null where it is not always the same. */
  readonly stride: number | null;
  /** Arrays for batch number `index` of those that are under way at once. */
  take(index: number, rows: number): ChangeArrays;
  /** All batches under way were handed on. */
  release(): void;
}

/** Arrays of the size of their batch, in one piece of memory that is never used again: whoever holds a batch may go on doing so. */
export function ownedMemory(aggregates: number): ChangeMemory {
  return {
    stride: null,
    take: (_index, rows) => new Arrays(aggregates, rows),
    release: () => undefined,
  };
}

/**
 * The same arrays again and again, for an output that borrows its batches: memory that was just used is in the caches, where new memory has to
 * be cleared, fetched and collected. `debug`: spoilt once it was handed on, so that whoever keeps something of it shows.
 */
export function lentMemory(aggregates: number, debug: boolean): ChangeMemory {
  const arrays: Arrays[] = [];
  return {
    stride: strideOf(BATCH_ROWS_MAX),
    take: (index) => (arrays[index] ??= new Arrays(aggregates, BATCH_ROWS_MAX)),
    release() {
      if (debug) for (const lent of arrays) lent.spoil();
    },
  };
}

/** Numbers from the begin of one array of so many rows to that of the next. */
function strideOf(rows: number): number {
  return rows + APART / 8;
}

class Arrays implements ChangeArrays {
  readonly stride: number;
  readonly cells: Float64Array;
  readonly numbers: readonly Float64Array[];
  readonly timestamps: Float64Array;
  readonly watermarks: Float64Array;
  readonly rows: Int32Array;
  readonly rowKinds: Uint8Array;
  readonly #rows: number;
  readonly #parts: Float64Array[] = [];

  constructor(aggregates: number, rows: number) {
    this.#rows = rows;
    this.stride = strideOf(rows);
    const apart = this.stride * 8;
    const buffer = new ArrayBuffer(apart * (aggregates + 4));
    const floats = (at: number): Float64Array => new Float64Array(buffer, at * apart, rows);
    this.cells = new Float64Array(buffer);
    this.numbers = Array.from({ length: aggregates }, (_, index) => floats(index));
    this.timestamps = floats(aggregates);
    this.watermarks = floats(aggregates + 1);
    this.rows = new Int32Array(buffer, (aggregates + 2) * apart, rows);
    this.rowKinds = new Uint8Array(buffer, (aggregates + 3) * apart, rows);
  }

  part(part: number): Float64Array {
    return (this.#parts[part] ??= new Float64Array(this.#rows));
  }

  spoil(): void {
    for (const array of [...this.numbers, this.timestamps, this.watermarks, ...this.#parts]) array.fill(-0.5);
    this.rows.fill(-1);
    this.rowKinds.fill(255);
  }
}
