/** A record of the kill test. */
export interface Click {
  readonly seq: number;
  readonly user: string;
  readonly at: number;
  readonly amount: number;
}

/** Event time of the first record. */
const START = Date.UTC(2026, 0, 1);
const USERS = 500;

/** A small seeded generator (mulberry32): the same clicks in every process. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Clicks 20 ms of event time apart on average; most up to 15 s late, one in a hundred up to 3 minutes (some beyond every
 * lateness), some with equal times; a few users are hot.
 */
export function makeClicks(count: number, seed: number): Click[] {
  const next = random(seed);
  const clicks: Click[] = [];
  for (let seq = 0; seq < count; seq++) {
    const delay = next() < 0.01 ? next() * 180_000 : next() * 15_000;
    const at = START + Math.floor((seq * 20 - delay) / 10) * 10;
    const user = next() < 0.2 ? `hot-${Math.floor(next() * 3)}` : `user-${Math.floor(next() * USERS)}`;
    clicks.push({ seq, user, at, amount: Math.floor(next() * 100) - 5 });
  }
  return clicks;
}
