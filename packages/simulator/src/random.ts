import type { Random } from "@tidemark/engine/host";

/**
 * Every choice of a run, by component, in the order in which it was made. 0 is always the harmless choice (no fault, no delay, the
 * oldest event), so a tape with entries set to 0 or cut off is a simpler run.
 */
export type Tape = Readonly<Record<string, readonly number[]>>;

/** Choices of one component. Each call is one entry of its tape, except where there is nothing to choose. */
export interface Choices {
  /** Uniform in 0 … bound − 1. */
  integer(bound: number): number;
  /** True with this probability; 0 and less draws nothing. */
  chance(probability: number): boolean;
  /** Uniform in whole steps from 0 to `max`, both included. */
  upTo(max: number): number;
  /** Writes down a choice that was made by other means; gives back what the tape says, if one is replayed. */
  decided(value: number, bound: number): number;
  /** True if choices come from a tape. */
  readonly isReplay: boolean;
}

/** The one source of randomness of a simulation: a stream per component name, so that one more draw in one does not shift the others. */
export class Entropy {
  readonly seed: number;
  readonly #replayed: Tape | null;
  readonly #streams = new Map<string, ChoiceStream>();

  constructor(options: { seed: number; tape?: Tape | null }) {
    this.seed = options.seed;
    this.#replayed = options.tape ?? null;
  }

  /** The choices of a component; the same object for the same name. */
  choices(component: string): Choices {
    const found = this.#streams.get(component);
    if (found !== undefined) return found;
    const replayed = this.#replayed === null ? null : (this.#replayed[component] ?? []);
    const stream = new ChoiceStream(generator(`${this.seed}/${component}`), replayed);
    this.#streams.set(component, stream);
    return stream;
  }

  /** Randomness for the code under test. It follows from the seed alone and is on no tape. */
  random(component: string): Random {
    const next32 = generator(`${this.seed}/random/${component}`);
    return {
      next: () => fraction(next32),
      id: () => Array.from({ length: 4 }, () => next32().toString(16).padStart(8, "0")).join(""),
    };
  }

  /** What was chosen so far. */
  tape(): Tape {
    return Object.fromEntries([...this.#streams].map(([component, stream]) => [component, [...stream.made]]));
  }
}

class ChoiceStream implements Choices {
  readonly made: number[] = [];
  readonly isReplay: boolean;
  readonly #next32: () => number;
  readonly #replayed: readonly number[];

  constructor(next32: () => number, replayed: readonly number[] | null) {
    this.#next32 = next32;
    this.#replayed = replayed ?? [];
    this.isReplay = replayed !== null;
  }

  integer(bound: number): number {
    if (bound <= 1) return 0;
    return this.decided(this.isReplay ? 0 : Math.floor(fraction(this.#next32) * bound), bound);
  }

  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return this.decided(!this.isReplay && fraction(this.#next32) < probability ? 1 : 0, 2) === 1;
  }

  upTo(max: number): number {
    return this.integer(Math.floor(max) + 1);
  }

  decided(value: number, bound: number): number {
    const chosen = this.isReplay ? Math.min(this.#replayed[this.made.length] ?? 0, bound - 1) : value;
    this.made.push(chosen);
    return chosen;
  }
}

function fraction(next32: () => number): number {
  return (next32() * 2 ** 21 + (next32() >>> 11)) / 2 ** 53;
}

/** xoshiro128** (Blackman, Vigna), its state filled by hashing the name. Gives unsigned 32-bit numbers. */
function generator(name: string): () => number {
  const state = new Uint32Array(4);
  for (let lane = 0; lane < 4; lane++) state[lane] = hashOf(name, lane);
  // The all-zero state is the one state that stays.
  state[0] = (state[0] as number) | 1;
  return () => {
    const [a, b, c, d] = state as unknown as [number, number, number, number];
    const scaled = Math.imul(b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const x = c ^ a;
    const y = d ^ b;
    state[1] = b ^ x;
    state[0] = a ^ y;
    state[2] = x ^ (b << 9);
    state[3] = (y << 11) | (y >>> 21);
    return result;
  };
}

/** FNV-1a with a lane of its own, finished by a mixer so that similar names share no bits. */
function hashOf(text: string, lane: number): number {
  let hash = Math.imul(0x811c9dc5 ^ lane, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
