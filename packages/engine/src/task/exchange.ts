import { assert } from "../foundation/assert.ts";
import type { Output } from "../operator/operator.ts";
import type { RecordBatch } from "../record/batch.ts";
import { selectRows } from "../record/row-copy.ts";
import { keyGroupOf, ownerOf } from "../state/key-group.ts";
import type { ChannelWriter } from "./channel.ts";
import type { StreamElement } from "./stream-element.ts";

/** Sends a task's output over one edge: `key` partitions rows to the owner of their key group, `forward` keeps the subtask. */
export class Exchange implements Output {
  readonly #writers: readonly ChannelWriter[];
  readonly #keyGroupBits: number;
  readonly #rows: Int32Array[];
  readonly #lengths: Int32Array;

  /** One writer per downstream subtask for a key edge, exactly one for a forward edge. */
  constructor(writers: readonly ChannelWriter[], keyGroupBits: number) {
    this.#writers = writers;
    this.#keyGroupBits = keyGroupBits;
    this.#rows = writers.map(() => new Int32Array(1_024));
    this.#lengths = new Int32Array(writers.length);
  }

  isFull(): boolean {
    return this.#writers.some((writer) => writer.isFull());
  }

  batch(batch: RecordBatch): void {
    if (this.#writers.length === 1) {
      this.#writers[0]?.push({ kind: "batch", batch });
      return;
    }
    this.#partition(batch);
    for (const [index, writer] of this.#writers.entries()) {
      const length = this.#lengths[index] ?? 0;
      const rows = this.#rows[index];
      if (length === 0 || rows === undefined) continue;
      writer.push({ kind: "batch", batch: length === batch.length ? batch : selectRows(batch, rows, length) });
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

  #partition(batch: RecordBatch): void {
    const hashes = batch.keys?.hashes;
    assert(hashes !== undefined, "a batch without keys reached a key exchange");
    this.#lengths.fill(0);
    for (let i = 0; i < batch.length; i++) {
      const owner = ownerOf(
        keyGroupOf(hashes[i] as number, this.#keyGroupBits),
        this.#writers.length,
        this.#keyGroupBits,
      );
      const rows = this.#rows[owner] as Int32Array;
      const length = this.#lengths[owner] as number;
      rows[length] = i;
      this.#lengths[owner] = length + 1;
    }
  }
}
