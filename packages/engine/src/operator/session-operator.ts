import { assert } from "../foundation/assert.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import type { SlotState } from "../state/slot-state.ts";
import { NO_EVENT_TIME } from "../time/watermark.ts";
import { CompiledAggregates } from "./compiled-aggregates.ts";
import type { OperatorContext } from "./operator.ts";
import { ARMED, FIRST, FIRST_AGGREGATE, LAST, OTHERS, PENDING, sessionFields, type Session } from "./session-fields.ts";
import type { SessionOptions } from "./session-options.ts";
import { SessionResults, type SessionValues } from "./session-results.ts";
import { SessionSlots, timeOf } from "./session-slots.ts";
import { noEventTime } from "./user-failure.ts";
import { WindowingOperator } from "./windowing-operator.ts";

/** The operator's only timer: not later than when the first of a key's sessions fires or is dropped. */
const SESSION_TIMER = 0;
const TIMER_MASK = 1 << SESSION_TIMER;
/** What a timer that is due costs, in keys of a window. */
const KEYS_A_TIMER = 4;
/** Timers that are set to their right times at once, before any that is due is looked for in earnest. */
const POSTPONED_MAX = 1_024;
/** Instead of a slot: the record is taken alone; it has no part in any session. */
const ALONE = -2;
const NOWHERE = -1;
const ALL_ROWS = Int32Array.from({ length: BATCH_ROWS_MAX }, (_, row) => row);

/**
 * Session windows. Per key it keeps the sessions that are not yet dropped. A record joins those that it touches: it is added to
 * the earlier one, then the later one is merged into that. A session that was joined fires again, with the revision after the
 * highest of its parts; at once if its end has passed already.
 *
 * A key's latest session is its slot. Most keys have no other, and most records extend it where it is: a batch is taken in runs of those,
 * between which sessions fire. Earlier sessions of a key, which disorder and lateness make, are beside it as a value; a record of such a key,
 * or one of which a result is due at once, is taken alone.
 *
 * A timer is set only if it must come earlier. One that comes too early, since its session was extended meanwhile, is set to the right
 * time before anything later is looked at: results come in the same order as if it had been set each time.
 */
export class SessionOperator extends WindowingOperator {
  readonly #gapMs: number;
  readonly #latenessMs: number;
  readonly #hasUserCode: boolean;
  /** A session is numbers in place, and is dropped when it has fired. */
  readonly #isSimple: boolean;
  readonly #slots: SlotState;
  readonly #sessions: SessionSlots;
  protected readonly results: SessionResults;
  /** What the selectors of a row threw, by row. It counts only if the row is not late. */
  readonly #errors = new Map<number, unknown>();
  /** Records of a run, and their slots. */
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  readonly #at: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  /** Timers that are due have not fired yet. */
  #isPutOff = false;
  /** No timer is due below this watermark. Before the first look at a restored state: look. */
  #nextTime = Number.NEGATIVE_INFINITY;

  constructor(context: OperatorContext, options: SessionOptions) {
    const aggregates = new CompiledAggregates(options.aggregates, {
      firstField: FIRST_AGGREGATE,
      byCopy: Object.values(options.aggregates).some(({ custom }) => custom),
    });
    const fields = sessionFields(aggregates);
    super(context, { aggregates, timers: ["session"], states: [{ name: "sessions", kind: "slots", fields }] });
    this.#gapMs = options.gapMs;
    this.#latenessMs = options.allowedLatenessMs;
    this.#hasUserCode = aggregates.custom;
    this.#isSimple = aggregates.isWords && options.allowedLatenessMs === 0;
    this.#slots = this.state.slots("sessions");
    this.#sessions = new SessionSlots(this.#slots, aggregates);
    this.results = new SessionResults(context, { aggregates, state: this.state, gapMs: options.gapMs });
  }

  hasPutOff(): boolean {
    return this.#isPutOff;
  }

  protected begin(batch: RecordBatch): void {
    this.#errors.clear();
    this.values.select(ALL_ROWS, batch.length, (error, row) => this.#errors.set(row, error));
  }

  protected take(batch: RecordBatch, from: number): number {
    let row = this.#hasUserCode ? from : this.#run(batch, from);
    if (row === from) this.#onRecord(batch, row++);
    this.failures.report(batch);
    return row;
  }

  /**
   * Adds rows from `from` on to the only sessions of their keys, until a timer is due or a row is to be taken alone; returns that row. Their
   * values are added at the end, for all of them.
   */
  #run(batch: RecordBatch, from: number): number {
    const { timestamps, watermarks, length } = batch;
    const slots = this.#slots;
    const stateRows = this.stateRows;
    const gapMs = this.#gapMs;
    const { failed } = this.values;
    const ats = this.#at;
    const rows = this.#rows;
    const isPutOff = this.#isPutOff;
    let { words } = slots;
    let watermark = this.watermark;
    let count = 0;
    let row = from;
    for (; row < length; row++) {
      const mark = watermarks[row] as number;
      if (mark > watermark) {
        if (mark >= this.#nextTime && this.#postpone(mark) <= mark) break;
        this.watermark = watermark = mark;
      }
      const time = timestamps[row] as number;
      let at = slots.find(stateRows[row] as number);
      // Most records fall into a session that has not fired, and so is not over.
      if (
        at >= 0 &&
        time >= (words[at + FIRST] as number) &&
        time <= (words[at + LAST] as number) + gapMs &&
        words[at + PENDING] === 1 &&
        words[at + OTHERS] === 0 &&
        failed[row] === 0 &&
        !isPutOff
      ) {
        slots.touch(at);
        if (time > (words[at + LAST] as number)) words[at + LAST] = time;
      } else {
        at = this.#place(row, time, at);
        if (at === ALONE) break;
        if (at === NOWHERE) continue;
        ({ words } = slots);
      }
      ats[count] = at;
      rows[count++] = row;
    }
    if (count > 0) this.#sessions.addAll(ats, rows, count, this.values, timestamps);
    return row;
  }

  /** The slot of the session that a record begins or extends, whose times are set; `at` is its key's, -1 is none. NOWHERE if it is done with. */
  #place(row: number, time: number, at: number): number {
    const slots = this.#slots;
    const gapMs = this.#gapMs;
    const { watermark } = this;
    let first = time;
    let last = time;
    if (time === NO_EVENT_TIME) return ALONE;
    if (at >= 0) {
      const { words } = slots;
      first = words[at + FIRST] as number;
      last = words[at + LAST] as number;
      if (words[at + OTHERS] !== 0 || first > time + gapMs || last + gapMs < time) return ALONE;
      // It is over, and has not fired yet: it is put off.
      if (this.#isPutOff && this.#fireTime(last) <= watermark) return ALONE;
      first = Math.min(first, time);
      last = Math.max(last, time);
    }
    const due = this.#fireTime(last);
    if (watermark >= due) {
      if (watermark < this.#dropTime(last)) return ALONE;
      this.late.add(row);
      return NOWHERE;
    }
    if (this.values.failed[row] !== 0) {
      this.failures.add(this.#errors.get(row), row, "computing the value of an aggregate");
      return NOWHERE;
    }
    const stateRow = this.stateRows[row] as number;
    const slot = at < 0 ? slots.claim(stateRow) : at;
    if (at >= 0) slots.touch(slot);
    const { words } = slots;
    words[slot + FIRST] = first;
    words[slot + LAST] = last;
    words[slot + PENDING] = 1;
    if (due < (words[slot + ARMED] as number)) this.#arm(stateRow, slot, due);
    return slot;
  }

  /** A record alone, whatever sessions its key has. */
  #onRecord(batch: RecordBatch, row: number): void {
    const time = batch.timestamps[row] as number;
    if (time === NO_EVENT_TIME) {
      this.failures.add(noEventTime(), row, "finding the windows of a record");
      return;
    }
    const stateRow = this.stateRows[row] as number;
    if (this.#isPutOff && this.#mayFollow(stateRow, time)) this.finish();
    const sessions = this.#sessions.take(this.#slots.find(stateRow));
    const parts = sessions.filter(
      (session) => timeOf(session, FIRST) <= time + this.#gapMs && timeOf(session, LAST) + this.#gapMs >= time,
    );
    const last = parts.reduce((latest, session) => Math.max(latest, timeOf(session, LAST)), time);
    if (this.watermark >= this.#dropTime(last)) {
      this.late.add(row);
      return;
    }
    if (this.values.failed[row] !== 0) {
      this.failures.add(this.#errors.get(row), row, "computing the value of an aggregate");
      return;
    }
    const isFired = this.watermark >= this.#fireTime(last);
    let joined: Session;
    let values: SessionValues | null;
    try {
      joined = this.#sessions.join(parts, { row, time, values: this.values });
      values = isFired ? this.results.valuesOf(joined) : null;
    } catch (error) {
      this.failures.add(error, row, "aggregating a record");
      return;
    }
    if (values !== null) this.results.write(stateRow, joined, { values, watermark: batch.watermarks[row] as number });
    const others = sessions.filter((session) => !parts.includes(session));
    this.#keep(
      stateRow,
      [...others, joined].sort((a, b) => timeOf(a, FIRST) - timeOf(b, FIRST)),
    );
  }

  protected advance(watermark: number): void {
    if (watermark <= this.watermark) return;
    this.watermark = watermark;
    if (watermark >= this.#nextTime && !this.#isPutOff) this.workOn();
  }

  protected work(keys: number): void {
    const { timers } = this.state;
    for (let left = keys; left > 0; left -= KEYS_A_TIMER) {
      // There may be none though its time has come, where time has come to its end.
      const row = timers.firstDue(SESSION_TIMER, this.watermark);
      if (row < 0) {
        this.#isPutOff = false;
        this.#nextTime = timers.earliest(TIMER_MASK);
        return;
      }
      if (this.#postponed(row)) continue;
      const due = timers.popDue(TIMER_MASK, this.watermark);
      assert(due?.row === row, () => `window ${this.context.name} has two timers that are due first`);
      this.#onTime(row, due.time);
    }
    this.#isPutOff = true;
  }

  /** Sets timers that come too early to their right times, up to the first that does not; returns when a timer is due first. */
  #postpone(watermark: number): number {
    const { timers } = this.state;
    let row = timers.firstDue(SESSION_TIMER, watermark);
    for (let left = POSTPONED_MAX; left > 0 && row >= 0 && this.#postponed(row); left--)
      row = timers.firstDue(SESSION_TIMER, watermark);
    return (this.#nextTime = timers.earliest(TIMER_MASK));
  }

  /** Sets the timer of a key, which is due first, to its right time if it comes too early; false if it does not. */
  #postponed(row: number): boolean {
    const slots = this.#slots;
    const { words } = slots;
    const at = slots.find(row);
    const due = (words[at + LAST] as number) + this.#gapMs - 1;
    if (words[at + OTHERS] !== 0 || words[at + PENDING] === 0 || due === words[at + ARMED]) return false;
    slots.touch(at);
    words[at + ARMED] = due;
    this.state.timers.set(row, SESSION_TIMER, due);
    return true;
  }

  /** Fires and drops the sessions of a key that are due at `time`. */
  #onTime(row: number, time: number): void {
    const slots = this.#slots;
    const at = slots.find(row);
    assert(at >= 0, () => `window ${this.context.name} has a timer of a key without sessions`);
    const { words } = slots;
    slots.touch(at);
    words[at + ARMED] = Number.POSITIVE_INFINITY;
    if (this.#isSimple && words[at + OTHERS] === 0 && words[at + PENDING] === 1) {
      this.results.fireSlot(row, words, at);
      slots.clear(row);
      return;
    }
    const kept: Session[] = [];
    for (const session of this.#sessions.take(at)) {
      if (this.#isDue(session, time)) this.results.fire(row, session);
      if (this.#dropTime(timeOf(session, LAST)) > time) kept.push(session);
    }
    this.#keep(row, kept);
  }

  /** False if a record joins no session that is over, and gives no result at once: then it need not wait for what is put off. */
  #mayFollow(stateRow: number, time: number): boolean {
    if (this.#latenessMs > 0 && this.#fireTime(time) <= this.watermark) return true;
    const { words } = this.#slots;
    const at = this.#slots.find(stateRow);
    return at >= 0 && (words[at + OTHERS] !== 0 || this.#fireTime(words[at + LAST] as number) <= this.watermark);
  }

  #isDue({ words }: Session, time: number): boolean {
    return words[PENDING] === 1 && this.#fireTime(words[LAST] as number) <= time;
  }

  /** Keeps a key's sessions, given in order of time, and sees to its timer. */
  #keep(row: number, sessions: readonly Session[]): void {
    const at = this.#sessions.keep(row, sessions);
    if (at < 0) return;
    let due = Number.POSITIVE_INFINITY;
    for (const session of sessions) {
      const last = timeOf(session, LAST);
      due = Math.min(due, session.words[PENDING] === 1 ? this.#fireTime(last) : this.#dropTime(last));
    }
    if (due < (this.#slots.words[at + ARMED] as number)) this.#arm(row, at, due);
  }

  /** Sets the key's timer, which came later; its slot was touched. */
  #arm(row: number, at: number, time: number): void {
    this.#slots.words[at + ARMED] = time;
    this.state.timers.set(row, SESSION_TIMER, time);
    if (time < this.#nextTime) this.#nextTime = time;
  }

  /** The watermark at which a session with this last record is over. */
  #fireTime(last: number): number {
    return last + this.#gapMs - 1;
  }

  #dropTime(last: number): number {
    return this.#fireTime(last) + this.#latenessMs;
  }
}
