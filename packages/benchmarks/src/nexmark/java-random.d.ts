/** The generator of java.util.Random, bit for bit: what a Java program draws for a seed, this draws too. */
export declare class JavaRandom {
    #private;
    constructor(seed?: number);
    /** Starts anew; `seed` is a whole number from 0 to 2^48 - 1. */
    seed(seed: number): void;
    /** Any int32. */
    int(): number;
    /** A whole number from 0 to `bound` - 1; `bound` is from 1 to 2^31 - 1. */
    below(bound: number): number;
    /** A number from 0 to 1, without 1. */
    double(): number;
}
//# sourceMappingURL=java-random.d.ts.map