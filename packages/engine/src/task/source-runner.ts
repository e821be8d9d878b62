import { TidemarkError } from "../foundation/error.ts";
import type { SplitPosition } from "../checkpoint/manifest.ts";
import type { InvalidRecord, SourceBatch, SplitReader } from "../connector/source-connector.ts";
import type { Clock } from "../host/clock.ts";
import type { Output } from "../operator/operator.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import { lentCopy } from "../record/lent-copy.ts";
import { recordOf, selectRows, withTimes } from "../record/row-copy.ts";
import { compileTimeFunction, type TimeFunction } from "../record/time-function.ts";
import { EventClock, invalidEventTime } from "../time/event-clock.ts";
import { WatermarkCombiner } from "../time/watermark-combiner.ts";
import { watermarkHolder, type WatermarkHolder } from "../time/watermark-holder.ts";
import { MAX_WATERMARK, NO_EVENT_TIME, NO_WATERMARK } from "../time/watermark.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { SelfTimes, StepMeter } from "./self-times.ts";
import type { SourcePlan } from "./task-plan.ts";
import { userFrames } from "./user-error.ts";

/** A split as given to a source task: open, or known to have ended. */
export interface SourceSplit {
  readonly id: string;
  /** Null: the checkpoint says that it had ended. */
  readonly reader: SplitReader | null;
  readonly position: SplitPosition | null;
}

export interface SourceRunnerOptions {
  readonly plan: SourcePlan;
  readonly subtask: number;
  readonly bounded: boolean;
  readonly clock: Clock;
  readonly splits: readonly SourceSplit[];
  readonly output: Output;
  readonly deadLetters: DeadLetters | null;
  readonly debug: boolean;
  readonly times: SelfTimes;
  readonly meters: SourceMeters;
}

/** The two parts of a source's work. */
export interface SourceMeters {
  readonly decode: StepMeter;
  readonly eventTime: StepMeter;
}

/** In the order in which they are reported. */
export function sourceMeters(port: string, times: SelfTimes): SourceMeters {
  return { decode: times.meter(port, "decode"), eventTime: times.meter(port, "event-time") };
}

/** Stand in until they are computed. */
const NO_TIMES = new Float64Array(0);

interface RunningSplit {
  readonly index: number;
  readonly id: string;
  readonly reader: SplitReader | null;
  readonly clock: EventClock;
  readonly lastPosition: SplitPosition | null;
  records: number;
  /** The chain counts it as idle. */
  isIdle: boolean;
}

/**
 * The head of a source task: reads its splits, gives rows their event time and watermark, and feeds the chain. Splits of a
 * bounded source are read in order of event time (the one furthest behind next, waiting for it if need be), so that
 * the order of records depends on the input alone; those of an unbounded one as they have data, furthest behind first.
 */
export class SourceRunner {
  readonly port: string;
  readonly counts = { records: 0, invalid: 0, clamped: 0 };
  readonly #options: SourceRunnerOptions;
  readonly #splits: readonly RunningSplit[];
  readonly #combiner: WatermarkCombiner;
  /** Null where rows have no event time. */
  readonly #times: TimeFunction | null;
  #told = NO_WATERMARK;
  #toldIdle = false;
  /** A batch is done with once it was handed on. */
  readonly #isLent: boolean;
  /** Watermarks of such batches. */
  #watermarks = NO_TIMES;
  /** Readers that the last step found waiting. */
  #waitingFor: SplitReader[] = [];

  constructor(options: SourceRunnerOptions) {
    this.#options = options;
    this.port = options.plan.port;
    const { eventTime } = options.plan;
    this.#times = eventTime === null ? null : compileTimeFunction(eventTime, { debug: options.debug });
    const { outOfOrderMs, idleMs, maxAheadMs } = options.plan;
    this.#splits = options.splits.map((split, index) => ({
      index,
      id: split.id,
      reader: split.reader,
      clock: new EventClock({
        clock: options.clock,
        outOfOrderMs,
        maxAheadMs,
        idleMs,
        maxTimestamp: split.position?.maxTimestamp ?? null,
      }),
      lastPosition: split.position,
      records: split.position?.records ?? 0,
      isIdle: false,
    }));
    this.#combiner = new WatermarkCombiner(this.#splits.length);
    this.#isLent = options.output.borrows === true;
    if (this.#isLent) for (const { reader } of this.#splits) reader?.lend?.();
  }

  /** The watermark the chain was told last. */
  get watermark(): number {
    return this.#told;
  }

  /** Tells the chain where time stands before the first record. */
  start(): void {
    for (const split of this.#splits) {
      if (split.reader === null) split.clock.end();
      this.#combiner.update(split.index, split.clock.watermark);
    }
    this.#tell();
  }

  /** Handles one batch of one split; false if none has anything now. */
  step(): boolean {
    const { times, meters } = this.#options;
    const caller = times.enterAnyway(meters.decode);
    const worked = this.#step();
    times.leave(caller);
    return worked;
  }

  #step(): boolean {
    this.#waitingFor = [];
    for (const split of this.#byWatermark()) {
      const reader = split.reader as SplitReader;
      const poll = reader.poll();
      if (poll.kind === "waiting") {
        this.#waitingFor.push(reader);
        if (split.clock.waiting()) {
          split.isIdle = true;
          this.#combiner.setIdle(split.index, true);
          this.#tell();
        }
        if (this.#options.bounded) return false;
        continue;
      }
      if (poll.kind === "ended") split.clock.end();
      else this.#emit(split, poll.batch);
      this.#combiner.update(split.index, split.clock.watermark);
      this.#tell();
      return true;
    }
    return false;
  }

  /** Resolves when a split that was waiting has something; null if none waits. */
  ready(): Promise<void> | null {
    if (this.#waitingFor.length === 0) return null;
    return Promise.race(this.#waitingFor.map((reader) => reader.ready()));
  }

  /** Monotonic ms at which the next split that waits turns idle if nothing comes; Infinity if none will. */
  nextIdleAt(): number {
    let next = Infinity;
    // Not clock.idle: a split that has just turned idle still has to be told of.
    for (const { clock, isIdle } of this.#splits) if (!isIdle) next = Math.min(next, clock.idleAt);
    return next;
  }

  /** Where every split resumes. */
  positions(): SplitPosition[] {
    return this.#splits.map((split) => ({
      port: this.port,
      split: split.id,
      position: split.reader === null ? (split.lastPosition?.position ?? null) : split.reader.position(),
      maxTimestamp: split.clock.maxTimestamp,
      ended: split.clock.ended,
      records: split.records,
    }));
  }

  /** Every split, with where its event time stands. */
  holders(): WatermarkHolder[] {
    return this.#splits.map(({ id, clock }) =>
      watermarkHolder({
        kind: "split",
        name: `${this.port}/${id}`,
        watermark: clock.watermark,
        idle: clock.idle,
        since: clock.movedAt,
      }),
    );
  }

  async close(): Promise<void> {
    for (const { reader } of this.#splits) await reader?.close();
  }

  #byWatermark(): RunningSplit[] {
    const open = this.#splits.filter(({ clock }) => !clock.ended);
    return open.length < 2
      ? open
      : open.sort((a, b) => compare(a.clock.watermark, b.clock.watermark) || a.index - b.index);
  }

  #emit(split: RunningSplit, source: SourceBatch): void {
    const { times, meters } = this.#options;
    meters.decode.records += source.length;
    times.goOver(meters.eventTime, source.length);
    this.#wakeUp(split);
    for (const invalid of source.invalid) this.#onInvalid(split, invalid);
    let batch = this.#withEventTime(split, source);
    split.records += source.length + source.invalid.length;
    this.counts.records += source.length;
    split.clock.advance(batch.timestamps, batch.length, batch.watermarks);
    this.counts.clamped = this.#splits.reduce((sum, each) => sum + each.clock.farFuture, 0);
    if (source.watermark !== undefined) split.clock.raiseTo(source.watermark);
    if (this.#splits.length > 1) batch = this.#combiner.combine(split.index, batch);
    if (batch.length > 0) this.#handOn(batch);
  }

  #handOn(batch: RecordBatch): void {
    const { debug, output } = this.#options;
    if (!debug || !this.#isLent) {
      output.batch(batch);
      return;
    }
    const lent = lentCopy(batch);
    output.batch(lent.batch);
    lent.spoil();
  }

  #wakeUp(split: RunningSplit): void {
    split.isIdle = false;
    this.#combiner.setIdle(split.index, false);
    if (this.#toldIdle) this.#options.output.idle((this.#toldIdle = false));
  }

  /** The batch with timestamps; rows whose event time is none are invalid and left out. */
  #withEventTime(split: RunningSplit, source: SourceBatch): RecordBatch {
    const { length } = source;
    const batch: RecordBatch = {
      layout: source.layout,
      length,
      columns: source.columns,
      timestamps: this.#times === null ? new Float64Array(length).fill(NO_EVENT_TIME) : NO_TIMES,
      watermarks: this.#watermarksFor(length),
      rowKinds: null,
      keys: null,
      origin: { port: this.port, split: split.id, offsets: source.offsets },
    };
    if (this.#times === null) return batch;
    const { times, rows } = this.#times.run(batch, ({ row, threw, value }) => {
      this.#onInvalid(split, {
        beforeRow: row,
        offset: source.offsets[row] as number,
        raw: rawText(recordOf(batch, row)),
        error: threw ? this.#eventTimeThrew(value) : invalidEventTime(value),
      });
    });
    const timed = withTimes(batch, { timestamps: times });
    return rows === null ? timed : selectRows(timed, rows, rows.length);
  }

  /** Room that `advance` fills. */
  #watermarksFor(length: number): Float64Array {
    if (!this.#isLent) return new Float64Array(length);
    if (this.#watermarks.length < length) this.#watermarks = new Float64Array(Math.max(length, BATCH_ROWS_MAX));
    return this.#watermarks;
  }

  #eventTimeThrew(error: unknown): TidemarkError {
    const wrapped = new TidemarkError(
      "TM_RECORD",
      `the eventTime function of source "${this.port}" threw: ${String(error)}`,
      { cause: error },
    );
    wrapped.stack = [`${wrapped.name}: ${wrapped.message}`, ...userFrames(error)].join("\n");
    return wrapped;
  }

  #onInvalid(split: RunningSplit, invalid: InvalidRecord): void {
    const { plan, deadLetters } = this.#options;
    this.counts.invalid++;
    if (plan.onInvalid === "fail") throw this.#located(split, invalid);
    if (plan.onInvalid === "deadLetter") {
      deadLetters?.add({
        port: this.port,
        split: split.id,
        offset: invalid.offset,
        operator: this.port,
        key: null,
        error: invalid.error,
        record: invalid.raw,
      });
    }
  }

  #located(split: RunningSplit, invalid: InvalidRecord): TidemarkError {
    const { code, summary, facts, cause } = invalid.error;
    return new TidemarkError(
      code,
      `${summary} (source "${this.port}" stops at invalid records; onInvalid: "skip" or "deadLetter" goes on)`,
      {
        cause,
        facts: { source: this.port, split: split.id, offset: invalid.offset, ...facts },
      },
    );
  }

  #tell(): void {
    const { output } = this.#options;
    // A source task without splits has nothing to wait for.
    const watermark = this.#splits.length === 0 ? MAX_WATERMARK : this.#combiner.watermark;
    if (watermark > this.#told) output.watermark((this.#told = watermark));
    const idle = this.#splits.length > 0 && this.#combiner.idle;
    if (idle !== this.#toldIdle) output.idle((this.#toldIdle = idle));
  }
}

/** Like a - b, for values that may be infinite. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function rawText(record: unknown): string {
  return (
    JSON.stringify(record, (_name, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))?.slice(
      0,
      4_096,
    ) ?? "undefined"
  );
}
