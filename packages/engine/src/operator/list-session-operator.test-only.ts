import { assert } from "../foundation/assert.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import { openBatchRows, type Rows } from "../record/record-view.ts";
import type { KeyedState, ValueState } from "../state/state-backend.ts";
import { watermarkJson } from "../time/watermark-holder.ts";
import { NO_EVENT_TIME, NO_WATERMARK } from "../time/watermark.ts";
import { AggregateSet } from "./aggregate-set.ts";
import { LateRecords } from "./late-records.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { ResultWriter } from "./result-writer.ts";
import { joinedBy, sessionCodec, type Session, type SessionList } from "./session-list.test-only.ts";
import type { SessionOptions } from "./session-options.ts";
import { noEventTime, rethrowInternal } from "./user-failure.ts";

/** The operator's only timer: when the first of a key's sessions fires or is dropped. */
const SESSION_TIMER = 0;
const TIMER_MASK = 1 << SESSION_TIMER;

/** Session windows in the plainest way: per key the list of its sessions as one value, taken out and put back for every record. */
export class ListSessionOperator implements Operator {
  readonly #context: OperatorContext;
  readonly #set: AggregateSet;
  readonly #gapMs: number;
  readonly #latenessMs: number;
  readonly #state: KeyedState;
  readonly #sessions: ValueState<SessionList>;
  readonly #writer: ResultWriter;
  readonly #late: LateRecords;
  readonly #view: Rows;
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  readonly #values: unknown[] = [];
  #watermark = NO_WATERMARK;

  constructor(context: OperatorContext, options: SessionOptions) {
    this.#context = context;
    this.#set = new AggregateSet(options.aggregates);
    this.#gapMs = options.gapMs;
    this.#latenessMs = options.allowedLatenessMs;
    this.#state = context.keyedState({
      timers: ["session"],
      states: [
        {
          name: "sessions",
          kind: "value",
          codec: sessionCodec(this.#set),
        },
      ],
    });
    this.#sessions = this.#state.value<SessionList>("sessions");
    this.#writer = new ResultWriter(context.output);
    this.#late = new LateRecords(context);
    this.#view = openBatchRows({ debug: context.debug });
  }

  onBatch(_input: number, batch: RecordBatch): void {
    assert(batch.keys !== null, () => `window ${this.#context.name} got a batch without keys`);
    assert(batch.rowKinds === null, () => `window ${this.#context.name} got a changelog`);
    this.#state.keys.resolve(batch.keys, batch.length, this.#rows);
    this.#view.bind(batch);
    for (let row = 0; row < batch.length; row++) {
      this.#advance(batch.watermarks[row] as number);
      this.#onRecord(batch, row);
    }
    this.#view.release();
    this.#late.flush(batch);
    this.#writer.flush();
    this.#state.releaseEmptyRows();
  }

  onWatermark(_input: number, watermark: number): void {
    this.#advance(watermark);
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
    const sessions = this.#sessions.get(this.#rows[row] as number) ?? [];
    const parts = joinedBy(sessions, time, this.#gapMs);
    const last = parts.reduce((latest, session) => Math.max(latest, session.last), time);
    if (this.#watermark >= this.#dropTime(last)) {
      this.#late.add(row);
      return;
    }
    try {
      this.#set.select(this.#view.at(row), this.#values);
    } catch (error) {
      this.#fail(error, batch, row, "computing the value of an aggregate");
      return;
    }
    if (this.#set.custom) this.#countUndoably(batch, row, sessions, parts);
    else this.#count(batch, row, sessions, parts);
  }

  /** With user code in the aggregates: what a throw has done to state and output is undone. */
  #countUndoably(batch: RecordBatch, row: number, sessions: SessionList, parts: SessionList): void {
    this.#state.begin();
    this.#writer.begin();
    try {
      this.#count(batch, row, sessions, parts);
    } catch (error) {
      this.#writer.rollback();
      this.#state.rollback();
      this.#fail(error, batch, row, "aggregating a record");
      return;
    }
    this.#state.commit();
    this.#writer.commit();
  }

  #count(batch: RecordBatch, row: number, sessions: SessionList, parts: SessionList): void {
    const time = batch.timestamps[row] as number;
    const stateRow = this.#rows[row] as number;
    const [earliest, ...later] = parts;
    const accumulators = earliest?.accumulators ?? this.#set.create();
    this.#set.add(accumulators, this.#values, time);
    for (const part of later) this.#set.merge(accumulators, part.accumulators);
    let joined: Session = {
      first: parts.reduce((first, part) => Math.min(first, part.first), time),
      last: parts.reduce((last, part) => Math.max(last, part.last), time),
      revision: parts.reduce((revision, part) => Math.max(revision, part.revision), 0),
      pending: true,
      accumulators,
    };
    if (this.#watermark >= this.#fireTime(joined.last)) {
      this.#emit(stateRow, joined, batch.watermarks[row] as number);
      joined = { ...joined, revision: joined.revision + 1, pending: false };
    }
    const others = sessions.filter((session) => !parts.includes(session));
    this.#keep(
      stateRow,
      [...others, joined].sort((a, b) => a.first - b.first),
    );
  }

  #advance(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    const { timers } = this.#state;
    for (let due = timers.popDue(TIMER_MASK, watermark); due !== null; due = timers.popDue(TIMER_MASK, watermark)) {
      this.#onTime(due.row, due.time);
    }
  }

  /** Fires and drops the sessions of a key that are due at `time`. */
  #onTime(row: number, time: number): void {
    const kept: Session[] = [];
    for (const session of this.#sessions.get(row) ?? []) {
      let current = session;
      if (session.pending && this.#fireTime(session.last) <= time) {
        const isDone = this.#fire(row, session);
        current = { ...session, pending: false, revision: session.revision + (isDone ? 1 : 0) };
      }
      if (this.#dropTime(session.last) > time) kept.push(current);
    }
    this.#keep(row, kept);
  }

  /** False if the user's aggregate failed. */
  #fire(row: number, session: Session): boolean {
    this.#writer.begin();
    try {
      // Comes before its own time passes downstream, and after everything before it: see README.
      this.#emit(row, session, this.#fireTime(session.last) - 1);
    } catch (error) {
      this.#writer.rollback();
      rethrowInternal(error);
      this.#context.userError(error, {
        batch: null,
        row: -1,
        key: this.#state.keys.key(row),
        doing: "computing a window's result",
      });
      return false;
    }
    this.#writer.commit();
    return true;
  }

  #emit(row: number, session: Session, watermark: number): void {
    const window = Object.freeze({ start: session.first, end: session.last + this.#gapMs });
    const record: Record<string, unknown> = { key: this.#state.keys.key(row), window, revision: session.revision };
    this.#set.results(session.accumulators, record);
    this.#writer.write(record, { timestamp: window.end - 1, watermark });
  }

  #keep(row: number, sessions: SessionList): void {
    if (sessions.length === 0) {
      this.#sessions.clear(row);
      this.#state.timers.clear(row, SESSION_TIMER);
      return;
    }
    this.#sessions.set(row, sessions);
    let next = Number.POSITIVE_INFINITY;
    for (const { last, pending } of sessions)
      next = Math.min(next, pending ? this.#fireTime(last) : this.#dropTime(last));
    this.#state.timers.set(row, SESSION_TIMER, next);
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
