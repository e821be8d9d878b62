import type { Output } from "../operator/operator.ts";
import { WatermarkCombiner } from "../time/watermark-combiner.ts";
import { NO_WATERMARK } from "../time/watermark.ts";
import type { ChannelReader } from "./channel.ts";

interface Channel {
  readonly reader: ChannelReader;
  started: boolean;
  /** Highest barrier taken; a channel ahead of the task's checkpoint is blocked until the others have caught up. */
  barrier: number;
}

/**
 * One input of a task: the channels from every upstream subtask that sends to it. Combines their watermarks into the
 * stream's and feeds the chain.
 */
export class GateInput {
  readonly name: string;
  readonly #channels: readonly Channel[];
  readonly #combiner: WatermarkCombiner;
  readonly #output: Output;
  readonly #isWanted: () => boolean;
  /** What the chain was told last. */
  #told = NO_WATERMARK;
  #toldIdle = false;
  /** Round robin over channels, so that none starves. */
  #next = 0;

  /** `floor`: the watermark that a restored task had; NO_WATERMARK for a fresh one. */
  constructor(options: {
    name: string;
    readers: readonly ChannelReader[];
    output: Output;
    isWanted: () => boolean;
    floor: number;
  }) {
    this.name = options.name;
    this.#channels = options.readers.map((reader) => ({ reader, started: false, barrier: 0 }));
    this.#combiner = new WatermarkCombiner(options.readers.length);
    this.#combiner.raise(options.floor);
    this.#output = options.output;
    this.#isWanted = options.isWanted;
  }

  get watermark(): number {
    return this.#told;
  }

  get allStarted(): boolean {
    return this.#channels.every((channel) => channel.started);
  }

  /** False while the operator behind would rather have its other input first. */
  isWanted(): boolean {
    return this.#isWanted();
  }

  hasBarrier(checkpoint: number): boolean {
    return this.#channels.every((channel) => channel.barrier >= checkpoint);
  }

  /** A channel whose next element may be handled now, -1 if none. Before the task has started only words about time are. */
  nextReady(taskStarted: boolean, checkpoint: number): number {
    const count = this.#channels.length;
    for (let tried = 0; tried < count; tried++) {
      const index = (this.#next + tried) % count;
      const channel = this.#channels[index] as Channel;
      if (channel.barrier > checkpoint || (channel.started && !taskStarted)) continue;
      if (channel.reader.peek() === undefined) continue;
      this.#next = (index + 1) % count;
      return index;
    }
    return -1;
  }

  /** Takes and handles the next element of a ready channel; returns the checkpoint if it was a barrier. */
  handle(index: number, taskStarted: boolean): number | null {
    const channel = this.#channels[index] as Channel;
    const element = channel.reader.take();
    switch (element?.kind) {
      case undefined:
        return null;
      case "start":
        channel.started = true;
        return null;
      case "barrier":
        channel.barrier = element.checkpoint;
        return element.checkpoint;
      case "batch":
        this.#output.batch(this.#combiner.combine(index, element.batch));
        return null;
      case "watermark":
        this.#combiner.update(index, element.watermark);
        break;
      case "idle":
        this.#combiner.setIdle(index, element.idle);
        break;
    }
    if (taskStarted) this.#tell();
    return null;
  }

  /** All inputs of the task have started: tells the chain where time stands. */
  begin(): void {
    this.#tell();
  }

  /** Facts for inspection: where each channel stands. */
  facts(): readonly { readonly watermark: number; readonly idle: boolean }[] {
    return this.#combiner.facts();
  }

  #tell(): void {
    const { watermark, idle } = this.#combiner;
    if (this.#toldIdle && !idle) this.#output.idle((this.#toldIdle = false));
    if (watermark > this.#told) this.#output.watermark((this.#told = watermark));
    if (!this.#toldIdle && idle) this.#output.idle((this.#toldIdle = true));
  }
}
