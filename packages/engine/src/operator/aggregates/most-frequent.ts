/** A value and how many records had it. */
export interface Counted<V> {
  readonly value: V;
  readonly count: number;
}

/** Above this, all are sorted. */
const KEPT_MAX = 64;

/**
 * The `k` most frequent of what `forEach` gives, most frequent first, ties in order of value: booleans, numbers (NaN last), bigints, strings by
 * code unit.
 */
export function mostFrequent<V>(k: number, forEach: (visit: (value: V, count: number) => void) => void): Counted<V>[] {
  const top: Counted<V>[] = [];
  if (k > KEPT_MAX) {
    forEach((value, count) => {
      top.push({ value, count });
    });
    return top.sort((a, b) => b.count - a.count || compareValues(a.value, b.value)).slice(0, k);
  }
  // Least of those that are kept: what does not come before it is passed over, as most are.
  let least = 0;
  forEach((value, count) => {
    if (top.length === k && (count < least || !isBefore(value, count, top[k - 1] as Counted<V>))) return;
    let at = top.length === k ? k - 1 : top.length;
    for (; at > 0 && isBefore(value, count, top[at - 1] as Counted<V>); at--) top[at] = top[at - 1] as Counted<V>;
    top[at] = { value, count };
    if (top.length === k) least = (top[k - 1] as Counted<V>).count;
  });
  return top;
}

function isBefore(value: unknown, count: number, other: Counted<unknown>): boolean {
  return count !== other.count ? count > other.count : compareValues(value, other.value) < 0;
}

const TYPE_ORDER: readonly string[] = ["boolean", "number", "bigint", "string"];

function compareValues(a: unknown, b: unknown): number {
  const byType = TYPE_ORDER.indexOf(typeof a) - TYPE_ORDER.indexOf(typeof b);
  if (byType !== 0) return byType;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
