import type { Json } from "../foundation/json.ts";
import type { RecordBatch } from "../record/batch.ts";
import { concatBatches } from "../record/concat-batches.ts";
import { WatermarkCombiner } from "../time/watermark-combiner.ts";
import { watermarkJson } from "../time/watermark-holder.ts";
import { NO_WATERMARK } from "../time/watermark.ts";
import type { Operator, OperatorContext, Output } from "./operator.ts";

/**
 * The records of several streams as they come; its watermark is the least of theirs. Keys stay. While it is held it collects, so that rows
 * which come one by one go on as batches: a watermark between them is in the rows' own.
 */
export class MergeOperator implements Operator {
  readonly #output: Output;
  readonly #combiner: WatermarkCombiner;
  #told = NO_WATERMARK;
  #toldIdle = false;
  #holds = 0;
  readonly #held: RecordBatch[] = [];

  constructor(context: OperatorContext, options: { readonly inputs: number }) {
    this.#output = context.output;
    this.#combiner = new WatermarkCombiner(options.inputs);
  }

  onBatch(input: number, batch: RecordBatch): void {
    const combined = this.#combiner.combine(input, batch);
    if (this.#holds > 0) this.#held.push(combined);
    else this.#output.batch(combined);
  }

  /** Keeps what comes until as many releases as holds. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.#holds > 0) return;
    this.#flush();
    this.#tell();
  }

  onWatermark(input: number, watermark: number): void {
    this.#combiner.update(input, watermark);
    this.#tell();
  }

  onIdle(input: number, idle: boolean): void {
    this.#combiner.setIdle(input, idle);
    this.#tell();
  }

  facts(): Json {
    return {
      watermark: watermarkJson(this.#combiner.watermark),
      inputs: this.#combiner
        .facts()
        .map(({ watermark, idle, ended }) => ({ watermark: watermarkJson(watermark), idle, ended })),
    };
  }

  #flush(): void {
    for (const batch of concatBatches(this.#held.splice(0))) this.#output.batch(batch);
  }

  #tell(): void {
    if (this.#holds > 0) return;
    const { watermark, idle } = this.#combiner;
    if (this.#toldIdle && !idle) this.#output.idle((this.#toldIdle = false));
    if (watermark > this.#told) this.#output.watermark((this.#told = watermark));
    if (!this.#toldIdle && idle) this.#output.idle((this.#toldIdle = true));
  }
}
