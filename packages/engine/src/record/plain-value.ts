import { TidemarkError } from "../foundation/error.ts";

/** Hidden property of every record view; its value is the engine's and of no use to others. */
export const CURSOR: unique symbol = Symbol("tidemark.cursor");

/** The deepest nesting of a value in a record or a state. */
export const NESTING_MAX = 500;

/** True for a record view (see record-view.ts), whose values must be copied before they are kept. */
export function isRecordView(value: object): boolean {
  return Object.hasOwn(value, CURSOR);
}

/** True for objects made by a literal (of any realm), `Object.create(null)`, or a record view. */
export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Another realm's Object.prototype is not ours (test runners run code in contexts of their own), but it is a root too.
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * The value with every record view in it replaced by a plain copy; the value itself where there is none. Looks into plain
 * objects, arrays, Map and Set. TM_RECORD for values nested too deeply, which is how a cycle shows.
 */
export function detach(value: unknown): unknown {
  return typeof value === "object" && value !== null ? detachObject(value, 0) : value;
}

function detachObject(value: object, depth: number): unknown {
  if (depth > NESTING_MAX) {
    throw new TidemarkError(
      "TM_RECORD",
      `a record is nested deeper than ${NESTING_MAX} levels or holds itself; records are plain data`,
    );
  }
  if (Array.isArray(value)) return detachArray(value, depth);
  if (isPlainObject(value)) return detachPlain(value, depth);
  if (value instanceof Map) {
    const keys = detachArray([...value.keys()], depth);
    const items = detachArray([...value.values()], depth);
    const isSame =
      keys.every((key) => value.has(key)) && [...value.values()].every((item, index) => Object.is(items[index], item));
    return isSame ? value : new Map(keys.map((key, index) => [key, items[index]]));
  }
  if (value instanceof Set) {
    const members = detachArray([...value], depth);
    return members.every((member) => value.has(member)) ? value : new Set(members);
  }
  return value;
}

function detachArray(value: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | null = null;
  for (let i = 0; i < value.length; i++) {
    const item = value[i];
    if (typeof item !== "object" || item === null) continue;
    const detached = detachObject(item, depth + 1);
    if (detached === item) continue;
    copy ??= [...value];
    copy[i] = detached;
  }
  return copy ?? value;
}

function detachPlain(value: Record<string, unknown>, depth: number): unknown {
  let copy: Record<string, unknown> | null = isRecordView(value) ? { ...value } : null;
  for (const key in value) {
    const item = value[key];
    if (typeof item !== "object" || item === null) continue;
    const detached = detachObject(item, depth + 1);
    if (detached === item) continue;
    copy ??= { ...value };
    setOwn(copy, key, detached);
  }
  return copy ?? value;
}

/** Assigns an own property, also one named "__proto__". */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

const frozen = new WeakSet<object>();

/** Freezes plain objects and arrays through and through, so that user code cannot change a value that others see. */
export function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || frozen.has(value)) return;
  if (!Array.isArray(value) && !isPlainObject(value)) return;
  frozen.add(value);
  Object.freeze(value);
  for (const item of Object.values(value)) deepFreeze(item);
}
