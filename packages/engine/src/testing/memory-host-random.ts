import type { Random } from "../host/host.ts";

/** Repeatable randomness: a Weyl sequence through the 32-bit mixer of MurmurHash3. Same seed, same numbers. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next32 = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  return {
    next: () => (next32() * 2 ** 21 + (next32() >>> 11)) / 2 ** 53,
    id: () => Array.from({ length: 4 }, () => next32().toString(16).padStart(8, "0")).join(""),
  };
}
