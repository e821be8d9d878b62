import type { AggregateFunction } from "../aggregate-function.ts";
import { keptAccumulator } from "./accumulator-codec.ts";
import { keptInput } from "./checked-input.ts";

/** A value with the event time of its record; null before the first record. */
export type TimedValue<V> = { readonly time: number; readonly value: V } | null;

/** The value with the earliest event time, the first to come among equals. Without `input`, the record itself. */
export function firstAggregate<In, V = In>(input?: (record: In) => V): AggregateFunction<In, V, TimedValue<V>, V> {
  return chosenByTime("first", (time, kept) => time < kept, input);
}

/** The value with the latest event time, the last to come among equals. Without `input`, the record itself. */
export function lastAggregate<In, V = In>(input?: (record: In) => V): AggregateFunction<In, V, TimedValue<V>, V> {
  return chosenByTime("last", (time, kept) => time >= kept, input);
}

function chosenByTime<In, V>(
  kind: "first" | "last",
  replaces: (time: number, kept: number) => boolean,
  input: ((record: In) => V) | undefined,
): AggregateFunction<In, V, TimedValue<V>, V> {
  return {
    kind,
    parameters: {},
    ...keptInput(input ?? null),
    words: null,
    live: false,
    create: () => null,
    add: (kept, value, time) => (kept === null || replaces(time, kept.time) ? { time, value } : kept),
    merge: (kept, other) => (kept === null || (other !== null && replaces(other.time, kept.time)) ? other : kept),
    result: (kept) => kept?.value as V,
    codec: keptAccumulator(`${kind}/1`),
    custom: false,
  };
}
