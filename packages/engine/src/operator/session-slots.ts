import type { SlotState } from "../state/slot-state.ts";
import { checkKeepable } from "./kept-value.ts";
import type { CompiledAggregates, CompiledMember } from "./compiled-aggregates.ts";
import type { SelectedValues } from "./selected-values.ts";
import { ARMED, FIRST, LAST, OTHERS, PENDING, REVISION, type Session } from "./session-fields.ts";

const PLACE_ZERO = new Int32Array(1);

/** A record that joins sessions. */
export interface JoiningRecord {
  readonly row: number;
  readonly time: number;
  readonly values: SelectedValues;
}

/** The sessions of keys: taken out of slots and put back, added to, joined. */
export class SessionSlots {
  readonly slots: SlotState;
  readonly #aggregates: CompiledAggregates;
  /** Those without words. */
  readonly #valueMembers: readonly CompiledMember[];
  /** Index of the value field of earlier sessions. */
  readonly #earlierField: number;

  constructor(slots: SlotState, aggregates: CompiledAggregates) {
    this.slots = slots;
    this.#aggregates = aggregates;
    this.#valueMembers = aggregates.members.filter(({ place }) => place !== "words");
    this.#earlierField = aggregates.width;
  }

  /** A key's sessions, in order of time; -1 is no slot. */
  take(at: number): Session[] {
    if (at < 0) return [];
    const { words } = this.slots;
    const values: unknown[] = this.#aggregates.members.map(() => undefined);
    for (const { field, index } of this.#valueMembers) values[index] = this.slots.value(at, field);
    const earlier = words[at + OTHERS] === 0 ? [] : (this.slots.value(at, this.#earlierField) as Session[]);
    return [...earlier, { words: words.slice(at, at + this.#aggregates.width), values }];
  }

  /** Keeps a key's sessions, given in order of time; returns the slot, -1 if there are none. */
  keep(row: number, sessions: readonly Session[]): number {
    const latest = sessions.at(-1);
    if (latest === undefined) {
      this.slots.clear(row);
      return -1;
    }
    const { slots } = this;
    const at = slots.claim(row);
    const hadOthers = slots.words[at + OTHERS] !== 0;
    slots.touch(at);
    const { words } = slots;
    for (let i = 0; i < OTHERS; i++) words[at + i] = latest.words[i] as number;
    words[at + OTHERS] = sessions.length - 1;
    for (const { place, field, aggregate } of this.#aggregates.members) {
      const end = place === "words" ? field + (aggregate.words?.fields.length ?? 0) : field;
      for (let i = field; i < end; i++) words[at + i] = latest.words[i] as number;
    }
    for (const { field, index } of this.#valueMembers) slots.setValue(at, field, latest.values[index]);
    if (sessions.length > 1) slots.setValue(at, this.#earlierField, sessions.slice(0, -1));
    else if (hadOthers) slots.setValue(at, this.#earlierField, undefined);
    return at;
  }

  /** Adds rows of the batch to the latest sessions of their keys, whose slots were touched. Only where nothing of it can throw. */
  addAll(at: Int32Array, rows: Int32Array, count: number, values: SelectedValues, timestamps: Float64Array): void {
    this.#aggregates.add(this.slots.words, at, rows, count, values.columns);
    for (const member of this.#valueMembers) {
      const { aggregate, field } = member;
      let last = -1;
      let accumulator: unknown;
      for (let i = 0; i < count; i++) {
        const place = at[i] as number;
        if (place !== last) {
          if (last >= 0) this.slots.setValue(last, field, accumulator);
          accumulator = this.slots.value(place, field) ?? aggregate.create();
          last = place;
        }
        const row = rows[i] as number;
        accumulator = aggregate.add(accumulator, values.valueOf(member, row), timestamps[row] as number);
      }
      if (last >= 0) this.slots.setValue(last, field, accumulator);
    }
  }

  /**
   * The session that a record makes of those that it joins, which are given in order of time and may be changed by it. Throws what the
   * user's aggregates throw, or TM_STATE_VALUE if they give what cannot be kept; nothing that is kept has changed then.
   */
  join(parts: readonly Session[], { row, time, values }: JoiningRecord): Session {
    const aggregates = this.#aggregates;
    const [earliest, ...later] = parts;
    const joined = earliest ?? this.#newSession();
    aggregates.addOne(joined.words, 0, row, values.columns);
    for (const part of later) aggregates.merge(joined.words, PLACE_ZERO, part.words, PLACE_ZERO, 1);
    for (const member of this.#valueMembers) {
      const { aggregate, index } = member;
      const accumulator = joined.values[index] ?? aggregate.create();
      let added = aggregate.add(accumulator, values.valueOf(member, row), time);
      for (const part of later) added = aggregate.merge(added, part.values[index] ?? aggregate.create());
      if (aggregate.custom) checkKeepable(aggregate.codec.encode(added));
      joined.values[index] = added;
    }
    const { words } = joined;
    words[FIRST] = parts.reduce((first, part) => Math.min(first, timeOf(part, FIRST)), time);
    words[LAST] = parts.reduce((last, part) => Math.max(last, timeOf(part, LAST)), time);
    words[REVISION] = parts.reduce((revision, part) => Math.max(revision, timeOf(part, REVISION)), 0);
    words[PENDING] = 1;
    return joined;
  }

  #newSession(): Session {
    const words = new Float64Array(this.#aggregates.width);
    this.#aggregates.clear(words, 0);
    words[ARMED] = Number.POSITIVE_INFINITY;
    return { words, values: this.#aggregates.members.map(() => undefined) };
  }
}

/** A time, or the revision, of a session. */
export function timeOf(session: Session, field: number): number {
  return session.words[field] as number;
}
