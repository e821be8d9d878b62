import { monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 1;

/** Longest and 99th percentile of the delay of the event loop, milliseconds. */
export interface Stalls {
  readonly stallMs: number;
  readonly stallP99Ms: number;
}

/** Watches how long the event loop of this thread is held up. */
export class StallWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  start(): void {
    this.#delay.reset();
    this.#delay.enable();
  }

  stop(): Stalls {
    this.#delay.disable();
    return { stallMs: this.#delay.max / 1e6, stallP99Ms: this.#delay.percentile(99) / 1e6 };
  }
}
