import type { RecordBatch } from "../record/batch.ts";
import { compileKeyFunction, type KeyFunction } from "../record/key.ts";
import type { Key } from "../record/key-column.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { rethrowInternal } from "./user-failure.ts";

/** Gives each record its canonical key; those whose key function throws, or returns what is no key, go no further. */
export class KeyByOperator implements Operator {
  /** Records are handed on in the columns that they are in. */
  readonly borrows: boolean;
  readonly #context: OperatorContext;
  readonly #keyFunction: KeyFunction;

  constructor(context: OperatorContext, options: { readonly fn: (record: never) => Key }) {
    this.borrows = context.output.borrows === true;
    this.#context = context;
    this.#keyFunction = compileKeyFunction(options.fn, { debug: context.debug });
  }

  onBatch(_input: number, batch: RecordBatch): void {
    const keyed = this.#keyFunction.run(batch, (error, { row }) => {
      rethrowInternal(error);
      this.#context.userError(error, { batch, row, key: null, doing: "computing a key" });
    });
    if (keyed.length > 0) this.#context.output.batch(keyed);
  }

  onWatermark(_input: number, watermark: number): void {
    this.#context.output.watermark(watermark);
  }
}
