import type { StateCodec } from "../state/state-codec.ts";
import type { AggregateSet, AnyAggregate } from "./aggregate-set.ts";

/** One session of a key; its window is [first, last + gap). */
export interface Session {
  readonly first: number;
  readonly last: number;
  /** Revision of its next result. */
  readonly revision: number;
  /** It has changed since its last result, or had none yet. */
  readonly pending: boolean;
  /** One per aggregate. */
  readonly accumulators: unknown[];
}

/** The sessions of one key, in order of time, more than the gap apart. */
export type SessionList = readonly Session[];

/** Sessions that a record at `time` joins: those that it overlaps or touches, at most two. */
export function joinedBy(sessions: SessionList, time: number, gapMs: number): SessionList {
  return sessions.filter((session) => session.first <= time + gapMs && session.last + gapMs >= time);
}

/** A session as it is stored: accumulators by name, so that an aggregate can be added or taken away. */
interface PlainSession {
  readonly first: number;
  readonly last: number;
  readonly revision: number;
  readonly pending: boolean;
  readonly results: Readonly<Record<string, unknown>>;
}

export function sessionCodec(set: AggregateSet): StateCodec {
  const { names, aggregates } = set;
  const forms = names.map((name, i) => `${JSON.stringify(name)}:${(aggregates[i] as AnyAggregate).codec.schemaHash}`);
  return {
    schemaHash: `sessions/1(${forms.sort().join(",")})`,
    jsonSchema: null,
    encode: (value) =>
      (value as SessionList).map(({ accumulators, ...times }) => ({
        ...times,
        results: Object.fromEntries(aggregates.map(({ codec }, i) => [names[i], codec.encode(accumulators[i])])),
      })),
    decode: (plain) =>
      (plain as readonly PlainSession[]).map(({ results, ...times }) => ({
        ...times,
        accumulators: aggregates.map((aggregate, i) => {
          const name = names[i] as string;
          return Object.hasOwn(results, name) ? aggregate.codec.decode(results[name]) : aggregate.create();
        }),
      })),
  };
}
