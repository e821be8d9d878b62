import type { Clock } from "../host/clock.ts";

/** What a worker's time goes into. */
export type TimeUse =
  /** Reading and decoding a source's records. */
  | "decode"
  /** Event time and watermarks of what was read. */
  | "event-time"
  /** User functions without state, in their generated loops; merges. */
  | "steps"
  /** Keys and their hashes. */
  | "keys"
  /** Operators with state, what fires in them included. */
  | "state"
  /** Encoding and staging what a sink gets. */
  | "encode"
  /** Partitioning for, and taking from, other tasks. */
  | "exchange"
  /** Freezing and copying state at a barrier. */
  | "snapshot"
  /** The task loop itself. */
  | "loop"
  /** Turns of the event loop: files, the network, timers, checkpoints being written, whatever else the thread runs. */
  | "event-loop"
  /** Asleep: no input, or nowhere to put output. */
  | "idle";

/** Time that one step of one worker took itself, without what it called downstream; plain data. */
export interface StepTime {
  /** An operator's name, a port, or the task's where the use is no operator's. */
  readonly name: string;
  readonly use: TimeUse;
  /** Records that it was given. */
  readonly records: number;
  /** Batches that it was given, or times that it ran. */
  readonly calls: number;
  readonly ms: number;
}

/** A step's running sums. */
export interface StepMeter {
  readonly name: string;
  readonly use: TimeUse;
  records: number;
  calls: number;
  ms: number;
  /** Calls with few rows since one of them was last measured. */
  unmeasured: number;
}

/** Calls with fewer rows than this cost no more than two readings of the clock do, so that most of them are not measured. */
export const FEW_ROWS: number = 64;
/** Of calls with few rows one in this many is measured and stands for all; a prime, so that no period of the data keeps step with it. */
export const MEASURED_EVERY: number = 13;
/** The first calls run cold, and stand for no others. */
export const MEASURED_FIRST: number = 64;

/**
 * Where one thread's time goes, always on: a reading of the clock wherever one step hands over to another, so that each moment since
 * `begin` belongs to exactly one of them and the sums add up to the time that passed. What is called inside `enter` and `leave` belongs to
 * the step that was entered, but for what that calls in turn.
 */
export class SelfTimes {
  readonly #clock: Clock;
  readonly #meters: StepMeter[] = [];
  #current: StepMeter | null = null;
  #readAt = 0;
  /** How many calls deep in one that is not measured: its time stays with its caller. */
  #unmeasuredDepth = 0;
  /** How many calls deep in one that stands for others: its time counts that often, and the others' is taken off whoever bore it. */
  #weightedDepth = 0;
  #bearer: StepMeter | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A meter of its own for a step; in the order in which they are made they are reported. */
  meter(name: string, use: TimeUse): StepMeter {
    const meter: StepMeter = { name, use, records: 0, calls: 0, ms: 0, unmeasured: 0 };
    this.#meters.push(meter);
    return meter;
  }

  /** When the clock was read last, monotonic ms. */
  get readAt(): number {
    return this.#readAt;
  }

  /** From now on time counts, for `meter` until another step is entered. */
  begin(meter: StepMeter): void {
    this.#readAt = this.#clock.monotonicMs();
    this.#current = meter;
  }

  /** A step is given a batch of `rows`; returns who is to have the time again at `leave`. */
  enter(meter: StepMeter, rows: number): StepMeter | null {
    meter.records += rows;
    meter.calls++;
    const caller = this.#current;
    if (this.#unmeasuredDepth > 0) this.#unmeasuredDepth++;
    else if (this.#weightedDepth > 0) {
      this.#weightedDepth++;
      this.#handOver(meter);
    } else if (rows < FEW_ROWS && meter.calls > MEASURED_FIRST) this.#enterSome(meter, caller);
    else this.#handOver(meter);
    return caller;
  }

  /** A step is called for another reason than a batch: it is always measured. */
  enterAnyway(meter: StepMeter): StepMeter | null {
    meter.calls++;
    const caller = this.#current;
    if (this.#unmeasuredDepth > 0) this.#unmeasuredDepth++;
    else {
      if (this.#weightedDepth > 0) this.#weightedDepth++;
      this.#handOver(meter);
    }
    return caller;
  }

  /** The step that was entered last has come to an end; `caller` is what `enter` returned. */
  leave(caller: StepMeter | null): void {
    if (this.#unmeasuredDepth > 0) {
      this.#unmeasuredDepth--;
      return;
    }
    this.#handOver(caller);
    if (this.#weightedDepth > 0) this.#weightedDepth--;
  }

  /** Within one call the work goes over to another step: instead of a `leave` and an `enter`. */
  goOver(meter: StepMeter, rows: number): void {
    meter.records += rows;
    meter.calls++;
    if (this.#unmeasuredDepth === 0) this.#handOver(meter);
  }

  /** The sums until now. */
  times(): readonly StepTime[] {
    if (this.#current !== null) this.#handOver(this.#current);
    return this.#meters.map(({ name, use, records, calls, ms }) => ({ name, use, records, calls, ms }));
  }

  /** One of many calls with few rows: it is not measured, or stands for those that were not. */
  #enterSome(meter: StepMeter, caller: StepMeter | null): void {
    if (++meter.unmeasured < MEASURED_EVERY) {
      this.#unmeasuredDepth = 1;
      return;
    }
    meter.unmeasured = 0;
    this.#handOver(meter);
    this.#weightedDepth = 1;
    this.#bearer = caller;
  }

  /** Reads the clock: the time since the last reading is the current step's. */
  #handOver(to: StepMeter | null): void {
    const now = this.#clock.monotonicMs();
    const passed = now - this.#readAt;
    this.#readAt = now;
    const from = this.#current;
    this.#current = to;
    if (from === null) return;
    if (this.#weightedDepth === 0) {
      from.ms += passed;
      return;
    }
    from.ms += passed * MEASURED_EVERY;
    if (this.#bearer !== null) this.#bearer.ms -= passed * (MEASURED_EVERY - 1);
  }
}
