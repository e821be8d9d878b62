import { compileDriver, type Driver } from "../record/driver.ts";
import type { RecordBatch } from "../record/batch.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { oneRowBatch } from "./one-row-batch.ts";
import { rethrowInternal } from "./user-failure.ts";

/** A user's function that sees one record at a time. */
export interface StatelessStep {
  /** As in the graph: "map-3". */
  readonly name: string;
  readonly kind: "map" | "filter" | "flatMap";
  readonly fn: (record: never) => unknown;
}

/** A run of map, filter and flatMap steps. A record for which one throws goes no further, and nothing of it does. */
export class StatelessOperator implements Operator {
  /** Columns are handed on where the functions do not touch them. */
  readonly borrows: boolean;
  readonly #context: OperatorContext;
  readonly #steps: readonly StatelessStep[];
  readonly #driver: Driver;

  constructor(context: OperatorContext, options: { readonly steps: readonly StatelessStep[] }) {
    this.#context = context;
    this.borrows = context.output.borrows === true;
    this.#steps = options.steps;
    this.#driver = compileDriver(options.steps, { debug: context.debug });
  }

  onBatch(_input: number, batch: RecordBatch): void {
    const { output } = this.#context;
    this.#driver.run(
      batch,
      (made) => {
        output.batch(made);
      },
      (error, failure) => {
        rethrowInternal(error);
        const { kind, name } = this.#steps[failure.step] as StatelessStep;
        this.#context.userError(error, { ...this.#place(failure), key: null, doing: `running ${kind}`, step: name });
      },
    );
  }

  onWatermark(_input: number, watermark: number): void {
    this.#context.output.watermark(watermark);
  }

  /** The failing record as a row. Behind the first step of a run it is in no batch, and gets one of its own. */
  #place(failure: { batch: RecordBatch; row: number; step: number; record: unknown }): {
    batch: RecordBatch;
    row: number;
  } {
    const { batch, row, step, record } = failure;
    if (step === 0) return { batch, row };
    const { timestamps, watermarks, origin } = batch;
    return {
      batch: oneRowBatch(record, {
        timestamp: timestamps[row] as number,
        watermark: watermarks[row] as number,
        origin:
          origin === null ? null : { port: origin.port, split: origin.split, offset: origin.offsets[row] as number },
      }),
      row: 0,
    };
  }
}
