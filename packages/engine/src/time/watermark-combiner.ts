import type { RecordBatch } from "../record/batch.ts";
import { MAX_WATERMARK, NO_WATERMARK } from "./watermark.ts";

/** Where one input of a combiner stands. */
export interface CombinedInputFacts {
  readonly watermark: number;
  readonly idle: boolean;
  readonly ended: boolean;
}

/**
 * The watermark of a stream that several inputs flow into: the minimum over the active ones. An idle input holds
 * nothing back, nor does one that has ended (MAX_WATERMARK). The result never goes back, and it is NO_WATERMARK until every
 * input has spoken once (a watermark, a batch, or that it is idle). While nothing is active but something is idle it is the
 * highest of the idle ones, so that it does not matter which of them went idle last. MAX_WATERMARK only when all have ended.
 */
export class WatermarkCombiner {
  readonly #watermarks: Float64Array;
  readonly #idle: Uint8Array;
  #given = NO_WATERMARK;

  constructor(inputs: number) {
    this.#watermarks = new Float64Array(inputs).fill(NO_WATERMARK);
    this.#idle = new Uint8Array(inputs);
  }

  /** The combined watermark. */
  get watermark(): number {
    return this.#given;
  }

  /** True while every input that has not ended is idle, and one is. */
  get idle(): boolean {
    let isAnyIdle = false;
    for (let i = 0; i < this.#watermarks.length; i++) {
      if (this.#watermarks[i] === MAX_WATERMARK) continue;
      if (this.#idle[i] === 0) return false;
      isAnyIdle = true;
    }
    return isAnyIdle;
  }

  /** The input's own watermark rose (a lower one is ignored); returns the combined one. */
  update(input: number, watermark: number): number {
    if (watermark > (this.#watermarks[input] as number)) this.#watermarks[input] = watermark;
    return this.#settle();
  }

  /** The combined watermark is at least this from now on, whatever the inputs say: a restored stream does not go back in time. */
  raise(floor: number): void {
    if (floor > this.#given) this.#given = floor;
  }

  /** The input went idle or came back; returns the combined watermark. */
  setIdle(input: number, idle: boolean): number {
    this.#idle[input] = idle ? 1 : 0;
    return this.#settle();
  }

  /**
   * The batch as rows of the combined stream: per row min(its own watermark, that of the other inputs), never below what
   * was given before. Advances the input to the batch's last watermark. Returns the batch itself where nothing changes.
   */
  combine(input: number, batch: RecordBatch): RecordBatch {
    const length = batch.length;
    if (length === 0) return batch;
    const own = batch.watermarks;
    const last = own[length - 1] as number;
    const others = this.#minimumOfOthers(input);
    const floor = this.#given;
    let result = batch;
    if (last > others || (own[0] as number) < floor) {
      const watermarks = new Float64Array(length);
      for (let row = 0; row < length; row++) watermarks[row] = Math.max(floor, Math.min(own[row] as number, others));
      result = { ...batch, watermarks };
    }
    this.#idle[input] = 0;
    this.update(input, last);
    return result;
  }

  /** Per input, where it stands. */
  facts(): readonly CombinedInputFacts[] {
    return Array.from(this.#watermarks, (watermark, input) => ({
      watermark,
      idle: this.#idle[input] === 1,
      ended: watermark === MAX_WATERMARK,
    }));
  }

  #minimumOfOthers(input: number): number {
    let minimum = MAX_WATERMARK;
    for (let i = 0; i < this.#watermarks.length; i++) {
      if (i !== input && this.#idle[i] === 0) minimum = Math.min(minimum, this.#watermarks[i] as number);
    }
    return minimum;
  }

  #settle(): number {
    let active = MAX_WATERMARK;
    let idle = NO_WATERMARK;
    let isAnyIdle = false;
    for (let i = 0; i < this.#watermarks.length; i++) {
      const watermark = this.#watermarks[i] as number;
      if (watermark === MAX_WATERMARK) continue;
      if (this.#idle[i] === 0) active = Math.min(active, watermark);
      else {
        isAnyIdle = true;
        idle = Math.max(idle, watermark);
      }
    }
    const combined = active === MAX_WATERMARK && isAnyIdle ? idle : active;
    if (combined > this.#given) this.#given = combined;
    return this.#given;
  }
}
