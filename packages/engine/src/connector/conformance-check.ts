/** The checks of the conformance suites: they run in any test runner, so they bring their own. */

/** Throws with `what` unless the condition holds. */
export function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Throws with both values unless they are the same plain data. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (!isSame(actual, expected)) throw new Error(`${what}: got ${shown(actual)}, expected ${shown(expected)}`);
}

/** Throws unless the call rejects with this error code. */
export async function rejects(run: () => Promise<unknown>, code: string): Promise<void> {
  let thrown: unknown;
  try {
    await run();
  } catch (error) {
    thrown = error;
  }
  check((thrown as { code?: unknown } | undefined)?.code === code, `expected ${code}, got ${String(thrown)}`);
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof Map || a instanceof Set) return isSame(Array.from(a), Array.from(b as Iterable<unknown>));
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => name in b && isSame(a[name as never], b[name as never]))
  );
}

function shown(value: unknown): string {
  const text =
    JSON.stringify(value, (_name, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner)) ??
    String(value);
  return text.length > 2_000 ? `${text.slice(0, 2_000)}…` : text;
}
