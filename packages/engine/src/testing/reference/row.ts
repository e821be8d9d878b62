import { TidemarkError } from "../../foundation/error.ts";

/** What a row of a changelog stream does to the table; every row of another stream is an insert. */
export type RowKind = "insert" | "updateBefore" | "updateAfter" | "delete";

/** Where a record was read. */
export interface RowOrigin {
  readonly port: string;
  readonly split: string;
  /** Position of its element within the split, from 0. */
  readonly offset: number;
}

/** One record on its way through the reference, as a plain object. */
export interface Row {
  readonly value: unknown;
  /** Event time, epoch ms; -Infinity: none. */
  readonly timestamp: number;
  readonly kind: RowKind;
  /** As user code knows it; null before keyBy. */
  readonly key: ReferenceKey | null;
  readonly origin: RowOrigin | null;
}

/** A key with the text that tells it from every other key. */
export interface ReferenceKey {
  readonly value: unknown;
  readonly identity: string;
}

/**
 * What user code gets to see of a value: plain objects are copied and frozen, so that writing to a record throws, as it does on
 * the engine's views. Anything else is handed out as it is.
 */
export function recordFor(value: unknown): unknown {
  return isPlainObject(value) ? Object.freeze({ ...value }) : value;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What a user's function returned, as a record; throws TM_RECORD for undefined, which is none. */
export function recordOf(returned: unknown, what: string): unknown {
  if (returned === undefined)
    throw new TidemarkError("TM_RECORD", `a ${what} function returned undefined, which is no record`);
  return recordFor(returned);
}
