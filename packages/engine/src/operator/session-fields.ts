import type { SlotField } from "../state/slot-state.ts";
import { PLAIN_CODEC, type StateCodec } from "../state/state-codec.ts";
import type { CompiledAggregates, CompiledMember } from "./compiled-aggregates.ts";

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

/** A session taken out of its slot. Its words are a copy; what an accumulator is, is as of {@link CompiledMember}. */
export interface Session {
  readonly words: Float64Array;
  /** Accumulators without words, by aggregate; undefined where one has words, or nothing yet. */
  readonly values: unknown[];
}

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
    { name: "earlier", kind: "value", initial: 0, codec: earlierCodec(aggregates) },
  ];
}

/** An earlier session as it is stored. Accumulators have the names of their fields, so that an aggregate can be added. */
interface StoredSession {
  readonly times: readonly number[];
  readonly fields: Readonly<Record<string, unknown>>;
}

function earlierCodec(aggregates: CompiledAggregates): StateCodec {
  const { fields, members } = aggregates;
  const byField = new Map<number, CompiledMember>(
    members.filter(({ place }) => place !== "words").map((member) => [member.field, member]),
  );
  return {
    ...PLAIN_CODEC,
    schemaHash: "earlier-sessions/1",
    encode: (sessions) =>
      (sessions as readonly Session[]).map(({ words, values }): StoredSession => {
        const stored = fields.map(({ name }, i) => {
          const member = byField.get(FIRST_AGGREGATE + i);
          if (member === undefined) return [name, words[FIRST_AGGREGATE + i]];
          const value = values[member.index];
          return [name, value === undefined ? undefined : member.aggregate.codec.encode(value)];
        });
        return { times: Array.from(words.subarray(0, OTHERS)), fields: Object.fromEntries(stored) };
      }),
    decode: (plain) =>
      (plain as readonly StoredSession[]).map((stored): Session => {
        const words = new Float64Array(aggregates.width);
        const values: unknown[] = members.map(() => undefined);
        aggregates.clear(words, 0);
        words.set(stored.times);
        fields.forEach(({ name }, i) => {
          if (!Object.hasOwn(stored.fields, name)) return;
          const kept = stored.fields[name];
          const member = byField.get(FIRST_AGGREGATE + i);
          if (member === undefined) words[FIRST_AGGREGATE + i] = kept as number;
          else if (kept !== undefined) values[member.index] = member.aggregate.codec.decode(kept);
        });
        return { words, values };
      }),
  };
}
