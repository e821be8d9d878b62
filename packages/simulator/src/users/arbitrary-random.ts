/** Anything that makes a value from seeded randomness as the arbitraries of fast-check do; what it gives may be wrapped as `{ value }`. */
export interface Arbitrary<T> {
  generate(random: never, biasFactor: number | undefined): T | { readonly value: T };
}

/**
 * Randomness in the form in which fast-check's arbitraries take it. It follows from its seed alone: 32 bits of state that step evenly, mixed by
 * the finisher of MurmurHash3.
 */
export class ArbitraryRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  clone(): ArbitraryRandom {
    return new ArbitraryRandom(this.#state);
  }

  /** An unsigned number of so many bits, at most 32. */
  next(bits: number): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) >>> (32 - bits);
  }

  nextBoolean(): boolean {
    return this.next(1) === 1;
  }

  /** Both bounds included; without any, any 32-bit integer. */
  nextInt(min: number = -(2 ** 31), max: number = 2 ** 31 - 1): number {
    return Number(this.nextBigInt(BigInt(min), BigInt(max)));
  }

  /** Both bounds included. */
  nextBigInt(min: bigint, max: bigint): bigint {
    const span = max - min + 1n;
    let drawn = 0n;
    // 32 bits more than the span has, so that no value is noticeably likelier than another.
    for (let reach = 1n; reach < span << 32n; reach <<= 32n) drawn = (drawn << 32n) | BigInt(this.next(32));
    return min + (drawn % span);
  }

  /** 0 included, 1 not. */
  nextDouble(): number {
    return (this.next(26) * 2 ** 27 + this.next(27)) / 2 ** 53;
  }
}
