/**
 * Key groups: the unit of ownership of keyed state. `keyGroupBits` b gives 2^b groups, 0 <= b <= 16. Frozen with
 * docs/rfcs/0001-keys.md: checkpoints depend on it.
 */
export const KEY_GROUP_BITS_MAX = 16;

/** The key group of a key: the top bits of its hash, so one more bit splits each group in two. */
export function keyGroupOf(hash: number, bits: number): number {
  // A shift by 32 is a shift by 0 in JavaScript.
  return bits === 0 ? 0 : hash >>> (32 - bits);
}

/** The task, of `parallelism`, that owns a key group when all groups are spread evenly. Contiguous ranges, lowest first. */
export function ownerOf(keyGroup: number, parallelism: number, bits: number): number {
  return Math.floor((keyGroup * parallelism) / 2 ** bits);
}

/** Key groups `first` to `end`, `end` exclusive. */
export interface KeyGroupRange {
  readonly first: number;
  readonly end: number;
}

/** The key groups that {@link ownerOf} gives to `task`; empty where there are more tasks than groups. */
export function keyGroupRange(task: number, parallelism: number, bits: number): KeyGroupRange {
  const groups = 2 ** bits;
  return { first: Math.ceil((task * groups) / parallelism), end: Math.ceil(((task + 1) * groups) / parallelism) };
}
