import type { SlotField } from "../state/slot-state.ts";
import { PLAIN_CODEC } from "../state/state-codec.ts";
import type { CompiledAggregates } from "./compiled-aggregates.ts";

/** Words of a slot that hold a key's latest session: times of its first and last record. */
export const FIRST = 0;
export const LAST = 1;
/** Revision of its next result. */
export const REVISION = 2;
/** 1: it has changed since its last result, or had none yet. */
export const PENDING = 3;
/** Number of the key's other sessions, which are earlier. */
export const OTHERS = 4;
/** Time of the key's timer, Infinity if none is pending. Not later than what is due first. */
export const ARMED = 5;
/** The aggregates follow, then the value field of the other sessions. */
export const FIRST_AGGREGATE = 6;

/** A session taken out of a slot: its words, without those of the key. */
export type SessionWords = Float64Array;

export function sessionFields(aggregates: CompiledAggregates): SlotField[] {
  const number = (name: string, initial: number): SlotField => ({ name, kind: "number", initial, codec: null });
  return [
    number("first", 0),
    number("last", 0),
    number("revision", 0),
    number("pending", 1),
    number("others", 0),
    number("armed", Number.POSITIVE_INFINITY),
    ...aggregates.fields,
    // Each as its words.
    { name: "earlier", kind: "value", initial: 0, codec: PLAIN_CODEC },
  ];
}
