/** Where the arrays of decoded columns come from, each exactly as long as asked for; what is in them is anything. */
export interface FrameArrays {
  int32(length: number): Int32Array;
  float64(length: number): Float64Array;
  bytes(length: number): Uint8Array;
  /** Without a string in it. */
  strings(length: number): (string | undefined)[];
  /** A new batch begins; nobody needs the arrays of the one before if they are lent. */
  begin(): void;
}

/** New arrays, for batches that may be kept. */
export const NEW_ARRAYS: FrameArrays = {
  int32: (length) => new Int32Array(length),
  float64: (length) => new Float64Array(length),
  bytes: (length) => new Uint8Array(length),
  strings: (length) => new Array<string | undefined>(length),
  begin: () => undefined,
};

/** The same arrays for each batch: they are in the caches, where new ones would have to be cleared, fetched and collected. */
export function lentArrays(): FrameArrays {
  const pools = [
    new Pool((length) => new Int32Array(length)),
    new Pool((length) => new Float64Array(length)),
    new Pool((length) => new Uint8Array(length)),
    new Pool((length) => new Array<string | undefined>(length)),
  ] as const;
  const [int32, float64, bytes, strings] = pools;
  return {
    int32: (length) => int32.take(length),
    float64: (length) => float64.take(length),
    bytes: (length) => bytes.take(length),
    strings: (length) => strings.take(length).fill(undefined),
    begin: () => {
      for (const pool of pools) pool.begin();
    },
  };
}

class Pool<A extends { readonly length: number }> {
  readonly #make: (length: number) => A;
  readonly #arrays: A[] = [];
  #taken = 0;

  constructor(make: (length: number) => A) {
    this.#make = make;
  }

  take(length: number): A {
    const index = this.#taken++;
    const known = this.#arrays[index];
    return known?.length === length ? known : (this.#arrays[index] = this.#make(length));
  }

  begin(): void {
    this.#taken = 0;
  }
}
