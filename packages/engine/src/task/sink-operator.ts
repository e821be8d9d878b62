import type { SinkWriter } from "../connector/sink-connector.ts";
import type { Operator } from "../operator/operator.ts";
import type { RecordBatch } from "../record/batch.ts";

/** The end of a chain: hands batches to the sink's writer. */
export class SinkOperator implements Operator {
  readonly borrows: boolean;
  readonly #writer: SinkWriter;

  constructor(writer: SinkWriter) {
    this.borrows = writer.borrows === true;
    this.#writer = writer;
  }

  onBatch(_input: number, batch: RecordBatch): void {
    this.#writer.write(batch);
  }

  onWatermark(): void {
    // A sink has no notion of time of its own.
  }

  onIdle(): void {
    // Nor of idleness.
  }
}
