import { assert } from "../foundation/assert.ts";
import type { MessagePortLike } from "../host/threads.ts";
import { packBatch, unpackBatch, type PackedBatch } from "../record/batch-transfer.ts";
import { CHANNEL_ELEMENTS_MAX, type ChannelKey, type ChannelReader, type ChannelWriter } from "./channel.ts";
import type { StreamElement } from "./stream-element.ts";

/** On the wire: an element of a channel, or how many elements of it the other side has consumed. */
type LinkMessage =
  | { readonly channel: string; readonly element: Exclude<StreamElement, { kind: "batch" }> }
  | { readonly channel: string; readonly batch: PackedBatch }
  | { readonly channel: string; readonly consumed: number };

/**
 * All channels between two workers, over one message port. Buffers of a batch are transferred. Flow control is by
 * credit: a writer is full while CHANNEL_ELEMENTS_MAX of its elements are not yet consumed on the other side.
 */
export class RemoteLink {
  readonly #port: MessagePortLike;
  readonly #wake: () => void;
  readonly #writers = new Map<string, RemoteWriter>();
  readonly #readers = new Map<string, RemoteReader>();

  constructor(port: MessagePortLike, wake: () => void) {
    this.#port = port;
    this.#wake = wake;
  }

  /** Starts delivery; every writer and reader must have been made before. */
  open(): void {
    this.#port.onMessage((message) => {
      this.#receive(message as LinkMessage);
    });
  }

  writer(key: ChannelKey): ChannelWriter {
    const writer = new RemoteWriter(this.#port, channelName(key));
    this.#writers.set(channelName(key), writer);
    return writer;
  }

  reader(key: ChannelKey): ChannelReader {
    const reader = new RemoteReader(this.#port, channelName(key));
    this.#readers.set(channelName(key), reader);
    return reader;
  }

  close(): void {
    this.#port.close();
  }

  #receive(message: LinkMessage): void {
    if ("consumed" in message) {
      this.#writers.get(message.channel)?.acknowledge(message.consumed);
    } else {
      const reader = this.#readers.get(message.channel);
      assert(reader !== undefined, () => `message for unknown channel ${message.channel}`);
      reader.deliver("batch" in message ? { kind: "batch", batch: unpackBatch(message.batch) } : message.element);
    }
    this.#wake();
  }
}

class RemoteWriter implements ChannelWriter {
  readonly #port: MessagePortLike;
  readonly #channel: string;
  #unconsumed = 0;

  constructor(port: MessagePortLike, channel: string) {
    this.#port = port;
    this.#channel = channel;
  }

  push(element: StreamElement): void {
    this.#unconsumed++;
    if (element.kind === "batch") {
      const { message, transfer } = packBatch(element.batch);
      this.#port.post({ channel: this.#channel, batch: message } satisfies LinkMessage, transfer);
    } else {
      this.#port.post({ channel: this.#channel, element } satisfies LinkMessage);
    }
  }

  isFull(): boolean {
    return this.#unconsumed >= CHANNEL_ELEMENTS_MAX;
  }

  acknowledge(consumed: number): void {
    this.#unconsumed -= consumed;
    assert(this.#unconsumed >= 0, "more elements were consumed than sent");
  }
}

/** Credits go back in halves of the window, so that a message is not answered by a message each. */
const CREDIT_STEP = CHANNEL_ELEMENTS_MAX / 2;

class RemoteReader implements ChannelReader {
  readonly #port: MessagePortLike;
  readonly #channel: string;
  readonly #queue: StreamElement[] = [];
  #head = 0;
  #consumed = 0;

  constructor(port: MessagePortLike, channel: string) {
    this.#port = port;
    this.#channel = channel;
  }

  deliver(element: StreamElement): void {
    this.#queue.push(element);
  }

  peek(): StreamElement | undefined {
    return this.#queue[this.#head];
  }

  take(): StreamElement | undefined {
    const element = this.#queue[this.#head];
    if (element === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    }
    if (++this.#consumed === CREDIT_STEP) {
      this.#port.post({ channel: this.#channel, consumed: this.#consumed } satisfies LinkMessage);
      this.#consumed = 0;
    }
    return element;
  }
}

function channelName(key: ChannelKey): string {
  return `${key.edge}:${key.from}:${key.to}`;
}
