import { assert } from "../foundation/assert.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import type { SlotState } from "../state/slot-state.ts";
import type { KeyedState } from "../state/state-backend.ts";
import { watermarkJson } from "../time/watermark-holder.ts";
import { NO_EVENT_TIME, NO_WATERMARK } from "../time/watermark.ts";
import type { CompiledAggregates } from "./compiled-aggregates.ts";
import { LateRecords } from "./late-records.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { ResultWriter } from "./result-writer.ts";
import { SelectedValues } from "./selected-values.ts";
import { ARMED, FIRST, LAST, OTHERS, PENDING, REVISION, sessionFields, type SessionWords } from "./session-fields.ts";
import type { SessionOptions } from "./session-options.ts";
import { noEventTime, rethrowInternal } from "./user-failure.ts";

/** The operator's only timer: not later than when the first of a key's sessions fires or is dropped. */
const SESSION_TIMER = 0;
const TIMER_MASK = 1 << SESSION_TIMER;
const ALL_ROWS = Int32Array.from({ length: BATCH_ROWS_MAX }, (_, row) => row);
const PLACE_ZERO = new Int32Array(1);

/**
 * Session windows whose sessions are numbers in place. A key's latest session is its slot; most keys have no other, and most records
 * extend it where it is. Earlier sessions of a key, which disorder and lateness make, are beside it as a value.
 *
 * A timer is set only if it must come earlier. One that comes too early, since its session was extended meanwhile, does nothing but
 * set itself to the right time, before anything later is looked at: results come in the same order as if it had been set each time.
 */
export class SlotSessionOperator implements Operator {
  readonly #context: OperatorContext;
  readonly #aggregates: CompiledAggregates;
  readonly #gapMs: number;
  readonly #latenessMs: number;
  readonly #state: KeyedState;
  readonly #slots: SlotState;
  /** Index of the value field of earlier sessions. */
  readonly #earlierField: number;
  readonly #writer: ResultWriter;
  readonly #late: LateRecords;
  readonly #values: SelectedValues;
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  /** What the selectors of a row threw, by row. It counts only if the row is not late. */
  readonly #errors = new Map<number, unknown>();
  readonly #resultSlot: Int32Array = new Int32Array(1);
  readonly #results: readonly Float64Array[];
  #watermark = NO_WATERMARK;

  constructor(context: OperatorContext, options: SessionOptions, aggregates: CompiledAggregates) {
    this.#context = context;
    this.#aggregates = aggregates;
    this.#gapMs = options.gapMs;
    this.#latenessMs = options.allowedLatenessMs;
    const fields = sessionFields(aggregates);
    this.#earlierField = fields.length - 1;
    this.#state = context.keyedState({ timers: ["session"], states: [{ name: "sessions", kind: "slots", fields }] });
    this.#slots = this.#state.slots("sessions");
    this.#writer = new ResultWriter(context.output);
    this.#late = new LateRecords(context);
    this.#values = new SelectedValues(aggregates, { debug: context.debug });
    this.#results = aggregates.members.map(() => new Float64Array(1));
  }

  onBatch(_input: number, batch: RecordBatch): void {
    assert(batch.keys !== null, () => `window ${this.#context.name} got a batch without keys`);
    assert(batch.rowKinds === null, () => `window ${this.#context.name} got a changelog`);
    this.#state.keys.resolve(batch.keys, batch.length, this.#rows);
    this.#values.bind(batch);
    this.#values.select(ALL_ROWS, batch.length, (error, row) => this.#errors.set(row, error));
    for (let row = 0; row < batch.length; row++) {
      const watermark = batch.watermarks[row] as number;
      if (watermark > this.#watermark) this.#advance(watermark);
      this.#onRecord(batch, row);
    }
    this.#errors.clear();
    this.#values.release();
    this.#late.flush(batch);
    this.#writer.flush();
    this.#state.releaseEmptyRows();
  }

  onWatermark(_input: number, watermark: number): void {
    if (watermark > this.#watermark) this.#advance(watermark);
    this.#writer.watermark(watermark);
    this.#late.watermark(watermark);
    this.#state.releaseEmptyRows();
  }

  onIdle(_input: number, idle: boolean): void {
    this.#context.output.idle(idle);
    this.#late.idle(idle);
  }

  facts(): Json {
    const { rows, bytes } = this.#state.size();
    return { watermark: watermarkJson(this.#watermark), keys: rows, bytes };
  }

  #onRecord(batch: RecordBatch, row: number): void {
    const time = batch.timestamps[row] as number;
    if (time === NO_EVENT_TIME) {
      this.#fail(noEventTime(), batch, row, "finding the windows of a record");
      return;
    }
    const stateRow = this.#rows[row] as number;
    const slots = this.#slots;
    let at = slots.find(stateRow);
    let { words } = slots;
    let first = time;
    let last = time;
    if (at >= 0) {
      first = words[at + FIRST] as number;
      last = words[at + LAST] as number;
      if (words[at + OTHERS] !== 0 || first > time + this.#gapMs || last + this.#gapMs < time) {
        this.#onRecordOfSeveral(batch, row, at);
        return;
      }
      first = Math.min(first, time);
      last = Math.max(last, time);
    }
    if (this.#isPassedOver(batch, row, last)) return;
    if (at < 0) {
      at = slots.claim(stateRow);
      ({ words } = slots);
    }
    slots.touch(at);
    words[at + FIRST] = first;
    words[at + LAST] = last;
    words[at + PENDING] = 1;
    this.#aggregates.addOne(words, at, row, this.#values.columns);
    if (this.#watermark >= this.#fireTime(last)) this.#fire(stateRow, words, at, batch.watermarks[row] as number);
    this.#arm(stateRow, at, this.#dueTime(words, at));
  }

  /** A record of a key that has, or gets, more than one session. */
  #onRecordOfSeveral(batch: RecordBatch, row: number, at: number): void {
    const time = batch.timestamps[row] as number;
    const stateRow = this.#rows[row] as number;
    const sessions = this.#sessionsOf(at);
    const parts = sessions.filter(
      (session) => timeOf(session, FIRST) <= time + this.#gapMs && timeOf(session, LAST) + this.#gapMs >= time,
    );
    const last = parts.reduce((latest, session) => Math.max(latest, timeOf(session, LAST)), time);
    if (this.#isPassedOver(batch, row, last)) return;
    const [earliest, ...later] = parts;
    const joined = earliest ?? this.#newSession();
    this.#aggregates.addOne(joined, 0, row, this.#values.columns);
    for (const part of later) this.#aggregates.merge(joined, PLACE_ZERO, part, PLACE_ZERO, 1);
    joined[FIRST] = parts.reduce((first, part) => Math.min(first, timeOf(part, FIRST)), time);
    joined[LAST] = last;
    joined[REVISION] = parts.reduce((revision, part) => Math.max(revision, timeOf(part, REVISION)), 0);
    joined[PENDING] = 1;
    if (this.#watermark >= this.#fireTime(last)) this.#fire(stateRow, joined, 0, batch.watermarks[row] as number);
    const others = sessions.filter((session) => !parts.includes(session));
    this.#keep(
      stateRow,
      [...others, joined].sort((a, b) => timeOf(a, FIRST) - timeOf(b, FIRST)),
    );
  }

  /** True if the record does not count: it is late for a session that would end with `last`, or its selectors threw. */
  #isPassedOver(batch: RecordBatch, row: number, last: number): boolean {
    if (this.#watermark >= this.#dropTime(last)) {
      this.#late.add(row);
      return true;
    }
    if (this.#values.failed[row] === 0) return false;
    this.#fail(this.#errors.get(row), batch, row, "computing the value of an aggregate");
    return true;
  }

  #advance(watermark: number): void {
    this.#watermark = watermark;
    const { timers } = this.#state;
    for (let due = timers.popDue(TIMER_MASK, watermark); due !== null; due = timers.popDue(TIMER_MASK, watermark)) {
      this.#onTime(due.row, due.time);
    }
  }

  /** Fires and drops the sessions of a key that are due at `time`, if any are. */
  #onTime(row: number, time: number): void {
    const at = this.#slots.find(row);
    assert(at >= 0, () => `window ${this.#context.name} has a timer of a key without sessions`);
    const { words } = this.#slots;
    this.#slots.touch(at);
    words[at + ARMED] = Number.POSITIVE_INFINITY;
    if (words[at + OTHERS] !== 0) {
      this.#onTimeOfSeveral(row, at, time);
      return;
    }
    if (this.#isDue(words, at, time)) this.#fire(row, words, at, this.#fireTime(words[at + LAST] as number) - 1);
    if (this.#dropTime(words[at + LAST] as number) <= time) this.#slots.clear(row);
    else this.#arm(row, at, this.#dueTime(words, at));
  }

  #onTimeOfSeveral(row: number, at: number, time: number): void {
    const kept: SessionWords[] = [];
    for (const session of this.#sessionsOf(at)) {
      // Comes before its own time passes downstream, and after everything before it: see README.
      if (this.#isDue(session, 0, time)) this.#fire(row, session, 0, this.#fireTime(timeOf(session, LAST)) - 1);
      if (this.#dropTime(timeOf(session, LAST)) > time) kept.push(session);
    }
    this.#keep(row, kept);
  }

  #isDue(words: Float64Array, at: number, time: number): boolean {
    return words[at + PENDING] === 1 && this.#fireTime(words[at + LAST] as number) <= time;
  }

  /** When the session at `at` has to be looked at next. */
  #dueTime(words: Float64Array, at: number): number {
    const last = words[at + LAST] as number;
    return words[at + PENDING] === 1 ? this.#fireTime(last) : this.#dropTime(last);
  }

  /** Writes the session's result; it is not pending any more. */
  #fire(row: number, words: Float64Array, at: number, watermark: number): void {
    const end = (words[at + LAST] as number) + this.#gapMs;
    const window = Object.freeze({ start: words[at + FIRST] as number, end });
    const revision = words[at + REVISION] as number;
    const record: Record<string, unknown> = { key: this.#state.keys.key(row), window, revision };
    this.#resultSlot[0] = at;
    this.#aggregates.results(words, this.#resultSlot, 1, this.#results, 0);
    const { names } = this.#aggregates;
    for (let i = 0; i < names.length; i++) record[names[i] as string] = (this.#results[i] as Float64Array)[0];
    this.#writer.write(record, { timestamp: end - 1, watermark });
    words[at + PENDING] = 0;
    words[at + REVISION] = revision + 1;
  }

  /** Sets the key's timer if it comes too late for what is due at `time`. */
  #arm(row: number, at: number, time: number): void {
    const { words } = this.#slots;
    if (time >= (words[at + ARMED] as number)) return;
    words[at + ARMED] = time;
    this.#state.timers.set(row, SESSION_TIMER, time);
  }

  /** Copies of a key's sessions, in order of time. */
  #sessionsOf(at: number): SessionWords[] {
    const { words } = this.#slots;
    const earlier = words[at + OTHERS] === 0 ? [] : (this.#slots.value(at, this.#earlierField) as number[][]);
    return [...earlier.map((session) => Float64Array.from(session)), words.slice(at, at + this.#aggregates.width)];
  }

  #newSession(): SessionWords {
    const session = new Float64Array(this.#aggregates.width);
    this.#aggregates.clear(session, 0);
    return session;
  }

  /** Keeps a key's sessions, given in order of time, and sees to its timer. */
  #keep(row: number, sessions: readonly SessionWords[]): void {
    const latest = sessions.at(-1);
    if (latest === undefined) {
      this.#slots.clear(row);
      return;
    }
    const earlier = sessions.slice(0, -1);
    const at = this.#slots.claim(row);
    this.#slots.touch(at);
    const { words } = this.#slots;
    const armed = words[at + ARMED] as number;
    words.set(latest, at);
    words[at + OTHERS] = earlier.length;
    words[at + ARMED] = armed;
    const field = this.#earlierField;
    this.#slots.setValue(at, field, earlier.length === 0 ? undefined : earlier.map((session) => Array.from(session)));
    const due = sessions.reduce((next, session) => Math.min(next, this.#dueTime(session, 0)), Number.POSITIVE_INFINITY);
    this.#arm(row, at, due);
  }

  /** The watermark at which a session with this last record is over. */
  #fireTime(last: number): number {
    return last + this.#gapMs - 1;
  }

  #dropTime(last: number): number {
    return this.#fireTime(last) + this.#latenessMs;
  }

  #fail(error: unknown, batch: RecordBatch, row: number, doing: string): void {
    rethrowInternal(error);
    this.#context.userError(error, { batch, row, key: this.#state.keys.key(this.#rows[row] as number), doing });
  }
}

/** A time, or the revision, of a session. */
function timeOf(session: SessionWords, field: number): number {
  return session[field] as number;
}
