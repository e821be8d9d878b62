/** 2^24: the state of 48 bits is held in two halves, so that no product leaves the exact range of a double. */
const HALF = 0x1000000;
const MULTIPLIER_HIGH = 0x5de;
const MULTIPLIER_LOW = 0xece66d;
const INCREMENT = 0xb;
/** The generator of java.util.Random, bit for bit: what a Java program draws for a seed, this draws too. */
export class JavaRandom {
    #high = 0;
    #low = 0;
    constructor(seed = 0) {
        this.seed(seed);
    }
    /** Starts anew; `seed` is a whole number from 0 to 2^48 - 1. */
    seed(seed) {
        this.#high = Math.floor(seed / HALF) ^ MULTIPLIER_HIGH;
        this.#low = (seed % HALF) ^ MULTIPLIER_LOW;
    }
    /** Any int32. */
    int() {
        this.#step();
        return (this.#high << 8) | (this.#low >>> 16);
    }
    /** A whole number from 0 to `bound` - 1; `bound` is from 1 to 2^31 - 1. */
    below(bound) {
        if ((bound & (bound - 1)) === 0)
            return Math.floor((bound * this.#bits31()) / 0x80000000);
        for (;;) {
            const bits = this.#bits31();
            const value = bits % bound;
            // Java tests for overflow of a signed 32-bit sum.
            if (bits - value + (bound - 1) < 0x80000000)
                return value;
        }
    }
    /** A number from 0 to 1, without 1. */
    double() {
        this.#step();
        const top = this.#high * 4 + (this.#low >>> 22);
        this.#step();
        const bottom = this.#high * 8 + (this.#low >>> 21);
        return (top * 0x8000000 + bottom) / 0x20000000000000;
    }
    #bits31() {
        this.#step();
        return this.#high * 128 + (this.#low >>> 17);
    }
    #step() {
        const low = this.#low * MULTIPLIER_LOW + INCREMENT;
        const carry = Math.floor(low / HALF);
        this.#high = (this.#high * MULTIPLIER_LOW + this.#low * MULTIPLIER_HIGH + carry) % HALF;
        this.#low = low % HALF;
    }
}
//# sourceMappingURL=java-random.js.map