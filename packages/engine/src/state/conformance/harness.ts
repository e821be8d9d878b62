import type { Key } from "../../record/key-column.ts";
import { keyColumnOf } from "../../record/key-codec.ts";
import type { KeyedState, StateBackend, StateDescriptor, ValueKind } from "../state-backend.ts";
import { PLAIN_CODEC } from "../state-codec.ts";

/** How a test is registered. */
export type Test = (name: string, run: () => void) => unknown;
/** A state of the backend under test, empty. */
export type Open = (options?: Partial<Parameters<StateBackend["openKeyedState"]>[0]>) => KeyedState;

/** Bits of the key groups where a test does not say otherwise. */
export const BITS = 8;

/** Keys that are easily mixed up; all distinct. */
export const ODD_KEYS: readonly Key[] = [
  "",
  "0",
  0,
  0n,
  false,
  1,
  true,
  "true",
  -1,
  0.5,
  Number.NaN,
  "NaN",
  Number.POSITIVE_INFINITY,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  2n ** 53n,
  2n ** 80n,
  "\u{1F600}",
  "\uD83D",
  "\uDE00",
  "\uFFFD",
  "\0",
  [],
  [""],
  ["", ""],
  ["a", "b"],
  ["ab"],
  "a,b",
  [1, "1", 1n, true],
];

/** One state of every kind of value, named after it. */
export function allKinds(): StateDescriptor[] {
  return (["value", "list", "map", "panes"] as const).map((kind) => descriptor(kind, kind));
}

/** A state of values that are plain data. */
export function descriptor(name: string, kind: ValueKind): StateDescriptor {
  return { name, kind, codec: PLAIN_CODEC };
}

/** Rows of keys. */
export function resolve(keys: KeyedState["keys"], given: readonly Key[]): number[] {
  const rows = new Int32Array(given.length);
  keys.resolve(keyColumnOf(given), given.length, rows);
  return Array.from(rows);
}

/** Everything that a row has. */
export function contents(state: KeyedState, row: number): unknown {
  const panes = state.panes("panes");
  return {
    value: state.value("value").get(row),
    list: state.list("list").get(row),
    map: state.map("map").entries(row),
    panes: panes
      .panes()
      .map((pane) => [pane, panes.get(row, pane)])
      .filter(([, accumulator]) => accumulator !== undefined),
    timers: [state.timers.get(row, 0), state.timers.get(row, 1)],
  };
}

/** A key in a column. */
export function slice(bytes: Uint8Array, offset: number | undefined, length: number | undefined): Uint8Array {
  return bytes.subarray(offset, (offset as number) + (length as number));
}

/** Deep equality of plain data; -0 is not 0, NaN is NaN. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof Map || a instanceof Set) return same(Array.from(a), Array.from(b as Iterable<unknown>));
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => name in b && same(a[name as never], b[name as never]))
  );
}

/** Throws unless the condition holds. */
export function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Throws unless the two are deeply equal. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (!same(actual, expected)) throw new Error(`${what}: got ${shown(actual)}, expected ${shown(expected)}`);
}

function shown(value: unknown): string {
  return (
    JSON.stringify(value, (_name, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner)) ?? String(value)
  );
}

/** Throws unless `run` throws an error with that code. */
export function throws(run: () => void, code: string): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  check((thrown as { code?: unknown } | undefined)?.code === code, `expected ${code}, got ${String(thrown)}`);
}
