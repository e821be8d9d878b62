import type { StreamElement } from "./stream-element.ts";

/** Elements a channel holds before its writer counts as full; a step in progress may still add its own. */
export const CHANNEL_ELEMENTS_MAX = 16;

/** Names one channel: an edge of the physical graph between two subtasks. */
export interface ChannelKey {
  readonly edge: number;
  readonly from: number;
  readonly to: number;
}

/** Sending end; single producer. `isFull` asks the producer to take no further input until it has drained. */
export interface ChannelWriter {
  push(element: StreamElement): void;
  isFull(): boolean;
}

/** Receiving end; single consumer, first in first out. */
export interface ChannelReader {
  peek(): StreamElement | undefined;
  take(): StreamElement | undefined;
}

/** A channel between two tasks of one thread. */
export class LocalChannel implements ChannelWriter, ChannelReader {
  #elements: (StreamElement | undefined)[] = [];
  #head = 0;

  push(element: StreamElement): void {
    this.#elements.push(element);
  }

  isFull(): boolean {
    return this.#elements.length - this.#head >= CHANNEL_ELEMENTS_MAX;
  }

  peek(): StreamElement | undefined {
    return this.#elements[this.#head];
  }

  take(): StreamElement | undefined {
    const element = this.#elements[this.#head];
    if (element === undefined) return undefined;
    this.#elements[this.#head++] = undefined;
    if (this.#head === this.#elements.length) {
      this.#elements = [];
      this.#head = 0;
    }
    return element;
  }
}
