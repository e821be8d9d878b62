import { TidemarkError } from "../../foundation/error.ts";
import type { ReferenceJob } from "./reference-job.ts";
import type { Row } from "./row.ts";

interface Consumer {
  readonly step: Step;
  readonly input: number;
}

/**
 * One step of a pipeline. Everything is a plain call, depth first: a row has run through the whole pipeline before the next one
 * is read. Time is the minimum of the inputs' watermarks; `onTime` is told of each rise, before any later row.
 */
export abstract class Step {
  readonly name: string;
  protected readonly job: ReferenceJob;
  readonly #consumers = new Map<string, Consumer[]>();
  readonly #inputs: { watermark: number; idle: boolean }[] = [];
  /** Time of the step: what the inputs promise together. */
  #time = -Infinity;
  /** What the outputs were told. */
  #told = -Infinity;
  #toldIdle = false;

  constructor(name: string, inputs: number, job: ReferenceJob) {
    this.name = name;
    this.job = job;
    for (let i = 0; i < inputs; i++) this.#inputs.push({ watermark: -Infinity, idle: false });
  }

  feed(output: string, step: Step, input: number): void {
    this.#consumers.set(output, [...(this.#consumers.get(output) ?? []), { step, input }]);
  }

  abstract onRow(row: Row, input: number): void;

  /** Acts on everything that is due by `time`; the step forwards `time` afterwards. */
  protected onTime(_time: number): void {
    // Most steps do nothing by themselves.
  }

  /** Earliest processing time at which `onClock` wants to be called. */
  nextClock(): number {
    return Infinity;
  }

  onClock(): void {
    // Only steps with processing-time timers look at the clock.
  }

  watermark(watermark: number, input: number): void {
    const state = this.inputState(input);
    state.watermark = Math.max(state.watermark, watermark);
    this.settle();
  }

  idle(idle: boolean, input: number): void {
    this.inputState(input).idle = idle;
    this.settle();
  }

  protected get time(): number {
    return this.#time;
  }

  protected inputState(input: number): { watermark: number; idle: boolean } {
    const state = this.#inputs[input];
    if (state === undefined) throw new TidemarkError("TM_INTERNAL", `step ${this.name} has no input ${input}`);
    return state;
  }

  /** Works out where time stands after a change at an input. */
  protected settle(): void {
    const { time, idle } = combine(this.#inputs);
    if (time > this.#time) {
      this.#time = time;
      this.onTime(time);
      this.forward(time);
    }
    this.tellIdle(idle);
  }

  protected tellIdle(idle: boolean): void {
    if (idle === this.#toldIdle) return;
    this.#toldIdle = idle;
    for (const { step, input } of this.#allConsumers()) step.idle(idle, input);
  }

  /** Promises downstream that nothing at or before `time` is to come. */
  protected forward(time: number): void {
    if (time <= this.#told) return;
    this.#told = time;
    for (const { step, input } of this.#allConsumers()) step.watermark(time, input);
  }

  protected emit(row: Row, output = "main"): void {
    for (const { step, input } of this.#consumers.get(output) ?? []) step.onRow(row, input);
  }

  protected hasConsumer(output: string): boolean {
    return this.#consumers.has(output);
  }

  #allConsumers(): readonly Consumer[] {
    return [...this.#consumers.values()].flat();
  }
}

/** The least watermark of the active inputs; while all that have not ended are idle, the highest of those. */
function combine(inputs: readonly { watermark: number; idle: boolean }[]): { time: number; idle: boolean } {
  const open = inputs.filter((input) => input.watermark !== Infinity);
  const active = open.filter((input) => !input.idle);
  if (open.length === 0) return { time: Infinity, idle: false };
  if (active.length > 0) return { time: Math.min(...active.map((input) => input.watermark)), idle: false };
  return { time: Math.max(...open.map((input) => input.watermark)), idle: true };
}
