import { TidemarkError } from "../../foundation/error.ts";
import type { ProcessNode } from "../../graph/logical-graph.ts";
import { ProcessState, timerIndex } from "./process-state.ts";
import type { ReferenceJob } from "./reference-job.ts";
import { recordFor, type ReferenceKey, type Row } from "./row.ts";
import { Step } from "./step.ts";

type Domain = "eventTime" | "processingTime";

interface DueTimer {
  readonly state: ProcessState;
  readonly timer: number;
  readonly time: number;
}

/** A process function. A call that throws leaves no trace: its state, timers and outputs are as before. */
export class ProcessStep extends Step {
  readonly #node: ProcessNode;
  readonly #states = new Map<string, ProcessState>();
  /** No timer of the domain is pending before this time. */
  readonly #earliest: Record<Domain, number> = { eventTime: Infinity, processingTime: Infinity };

  constructor(node: ProcessNode, job: ReferenceJob) {
    super(node.name, 1, job);
    this.#node = node;
  }

  override onRow(row: Row): void {
    const key = row.key as ReferenceKey;
    let state = this.#states.get(key.identity);
    if (state === undefined) this.#states.set(key.identity, (state = new ProcessState(key)));
    const { onRecord } = this.#node.spec;
    this.#call(state, { time: row.timestamp, timestamp: row.timestamp, row, doing: "onRecord" }, (context) => {
      onRecord(row.value as never, context as never);
    });
    this.#fireEventTime();
  }

  protected override onTime(): void {
    this.#fireEventTime();
  }

  override nextClock(): number {
    // Behind the end of the input nothing may follow.
    return this.time === Infinity ? Infinity : this.#earliest.processingTime;
  }

  override onClock(): void {
    for (
      let due = this.#popDue("processingTime", this.job.now);
      due !== null;
      due = this.#popDue("processingTime", this.job.now)
    ) {
      this.#onTimer(due, this.time);
    }
    this.#fireEventTime();
  }

  #fireEventTime(): void {
    for (let due = this.#popDue("eventTime", this.time); due !== null; due = this.#popDue("eventTime", this.time)) {
      // What the timer emits has the timer's time; until it is out, only what comes before may be promised.
      this.forward(Math.min(due.time - 1, this.time));
      this.#onTimer(due, due.time);
    }
  }

  #onTimer({ state, timer, time }: DueTimer, timestamp: number): void {
    const fn = this.#node.spec.onTimer[timer];
    const name = this.#node.spec.timers[timer]?.name ?? "";
    this.#call(state, { time, timestamp, row: null, doing: `timer "${name}"` }, (context) => fn?.(context as never));
  }

  #call(
    state: ProcessState,
    about: { time: number; timestamp: number; row: Row | null; doing: string },
    run: (context: object) => void,
  ): void {
    const undo = state.mark();
    const emitted: unknown[] = [];
    try {
      run(this.#context(state, about.time, emitted));
    } catch (error) {
      undo();
      this.job.userError(this.name, error, { row: about.row, key: state.key.value, doing: about.doing });
      return;
    }
    if (state.isEmpty) this.#states.delete(state.key.identity);
    for (const value of emitted)
      this.emit({ value, timestamp: about.timestamp, kind: "insert", key: null, origin: null });
  }

  #context(state: ProcessState, time: number, emitted: unknown[]): object {
    const { spec } = this.#node;
    return {
      key: state.key.value,
      time,
      watermark: this.time,
      now: () => this.job.now,
      state: state.handles(spec),
      timer: (name: string) => {
        const index = timerIndex(spec, name);
        return {
          at: (at: number): void => this.#setTimer(state, index, at),
          clear: (): void => state.setTimer(index, undefined),
        };
      },
      emit: (record: unknown): void => {
        if (spec.emits === null)
          throw new TidemarkError("TM_USER_CODE", "a process function without emits emits nothing");
        emitted.push(recordFor(record));
      },
    };
  }

  #setTimer(state: ProcessState, timer: number, time: number): void {
    if (typeof time !== "number" || Number.isNaN(time) || time === Infinity)
      throw new TidemarkError("TM_USER_CODE", "the time of a timer is a number");
    state.setTimer(timer, time);
    const domain = this.#domain(timer);
    this.#earliest[domain] = Math.min(this.#earliest[domain], time);
  }

  /** Removes the first timer of a domain with time <= `upTo`: by time, then by position of the timer. */
  #popDue(domain: Domain, upTo: number): DueTimer | null {
    if (this.#earliest[domain] > upTo) return null;
    const pending = [...this.#states.values()]
      .flatMap((state) => [...state.timers].map(([timer, time]): DueTimer => ({ state, timer, time })))
      .filter(({ timer }) => this.#domain(timer) === domain)
      .sort((a, b) => compare(a.time, b.time) || a.timer - b.timer);
    const [first] = pending;
    this.#earliest[domain] = first?.time ?? Infinity;
    if (first === undefined || first.time > upTo) return null;
    first.state.setTimer(first.timer, undefined);
    return first;
  }

  #domain(timer: number): Domain {
    return this.#node.spec.timers[timer]?.domain ?? "eventTime";
  }
}

/** Like a - b, for times that may be infinite. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
