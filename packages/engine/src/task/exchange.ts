import { assert } from "../foundation/assert.ts";
import type { Output } from "../operator/operator.ts";
import type { RecordBatch } from "../record/batch.ts";
import { selectRows } from "../record/row-copy.ts";
import type { ChannelWriter } from "./channel.ts";
import { Partition } from "./partition.ts";
import type { StreamElement } from "./stream-element.ts";

/** Sends a task's output over one edge: `key` partitions rows to the owner of their key group, `forward` keeps the subtask. */
export class Exchange implements Output {
  readonly #writers: readonly ChannelWriter[];
  readonly #partition: Partition;

  /** One writer per downstream subtask for a key edge, exactly one for a forward edge. */
  constructor(writers: readonly ChannelWriter[], keyGroupBits: number) {
    this.#writers = writers;
    this.#partition = new Partition(writers.length, keyGroupBits);
  }

  isFull(): boolean {
    return this.#writers.some((writer) => writer.isFull());
  }

  batch(batch: RecordBatch): void {
    if (this.#writers.length === 1) {
      this.#writers[0]?.push({ kind: "batch", batch });
      return;
    }
    const hashes = batch.keys?.hashes;
    assert(hashes !== undefined, "a batch without keys reached a key exchange");
    this.#partition.of(hashes, batch.length);
    const { rows, starts } = this.#partition;
    for (const [task, writer] of this.#writers.entries()) {
      const start = starts[task] as number;
      const length = (starts[task + 1] as number) - start;
      if (length === 0) continue;
      const part = length === batch.length ? batch : selectRows(batch, rows.subarray(start), length);
      writer.push({ kind: "batch", batch: part });
    }
  }

  watermark(watermark: number): void {
    this.broadcast({ kind: "watermark", watermark });
  }

  idle(idle: boolean): void {
    this.broadcast({ kind: "idle", idle });
  }

  broadcast(element: StreamElement): void {
    for (const writer of this.#writers) writer.push(element);
  }
}
