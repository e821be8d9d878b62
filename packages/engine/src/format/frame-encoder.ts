import { TidemarkError } from "../foundation/error.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import type { RecordLayout } from "../record/layout.ts";
import { sliceRows } from "../record/row-copy.ts";
import type { BatchEncoder } from "./batch-encoder.ts";
import {
  align8,
  assertLittleEndian,
  FLAG_ILL_FORMED,
  FRAME_HEADER_BYTES,
  FRAME_KINDS,
  PAYLOAD_BYTES_MAX,
  sealFrame,
  type Checksum,
} from "./frame.ts";
import type { FrameFormat } from "./frame-format.ts";
import { frameLayoutOf, layoutText, type FrameLayout } from "./frame-layout.ts";
import { halves } from "./frame-parts.ts";
import { refuseRowKindField } from "./json-lines-encoder.ts";

const NO_BYTES = new Uint8Array(0);
const SPACE = 0x20;

/**
 * Encodes batches as frames of a binary format: a layout frame, then data frames of its rows, again a layout frame where the layout
 * changes. Rows are kept back until a frame is full; `flush` gives what is left, and what comes after it begins with a layout frame again,
 * so that what was encoded between two calls can be read alone, and stand anywhere in a file.
 */
export class FrameEncoder implements BatchEncoder {
  readonly #format: FrameFormat;
  readonly #checksum: Checksum;
  #layout: RecordLayout | null = null;
  #isChangelog = false;
  #frameLayout: FrameLayout = { shape: "struct", fields: [] };
  #layoutCrc32 = 0;
  #held: RecordBatch[] = [];
  #heldRows = 0;

  constructor(format: FrameFormat, checksum: Checksum) {
    assertLittleEndian();
    this.#format = format;
    this.#checksum = checksum;
  }

  encode(batch: RecordBatch): Uint8Array {
    const frames: Uint8Array[] = [];
    const isChangelog = batch.rowKinds !== null;
    if (batch.layout !== this.#layout || isChangelog !== this.#isChangelog) {
      if (isChangelog) refuseRowKindField(batch.layout);
      this.#drain(frames);
      frames.push(this.#begin(batch.layout, isChangelog));
    }
    for (let from = 0; from < batch.length;) {
      const to = Math.min(batch.length, from + BATCH_ROWS_MAX - this.#heldRows);
      this.#held.push(sliceRows(batch, from, to));
      this.#heldRows += to - from;
      from = to;
      if (this.#heldRows === BATCH_ROWS_MAX) this.#drain(frames);
    }
    return joined(frames);
  }

  flush(): Uint8Array {
    const frames: Uint8Array[] = [];
    this.#drain(frames);
    this.#layout = null;
    return joined(frames);
  }

  header(): null {
    return null;
  }

  #begin(layout: RecordLayout, isChangelog: boolean): Uint8Array {
    this.#layout = layout;
    this.#isChangelog = isChangelog;
    this.#frameLayout = frameLayoutOf(layout, isChangelog);
    const text = new TextEncoder().encode(layoutText(this.#frameLayout));
    const frame = new Uint8Array(FRAME_HEADER_BYTES + align8(text.length)).fill(SPACE);
    frame.set(text, FRAME_HEADER_BYTES);
    this.#layoutCrc32 = this.#checksum(frame.subarray(FRAME_HEADER_BYTES));
    const header = { kind: FRAME_KINDS.layout, flags: 0, count: this.#frameLayout.fields.length };
    sealFrame(frame, { format: this.#format.kind, header, layoutCrc32: null }, this.#checksum);
    return frame;
  }

  #drain(frames: Uint8Array[]): void {
    if (this.#heldRows === 0) return;
    const batches = this.#held;
    this.#held = [];
    this.#heldRows = 0;
    this.#encodeRows(batches, frames);
  }

  #encodeRows(batches: readonly RecordBatch[], frames: Uint8Array[]): void {
    const encoded = this.#format.encode(batches, this.#frameLayout.fields);
    if (encoded === null) {
      for (const half of halves(batches)) this.#encodeRows(half, frames);
      return;
    }
    const { bytes, isIllFormed } = encoded;
    if (bytes.length - FRAME_HEADER_BYTES > PAYLOAD_BYTES_MAX) {
      throw new TidemarkError("TM_RECORD", `a record is too long for the format "${this.#format.kind}"`, {
        facts: { bytes: bytes.length, bytesMax: PAYLOAD_BYTES_MAX },
      });
    }
    const count = batches.reduce((sum, { length }) => sum + length, 0);
    const header = { kind: FRAME_KINDS.data, flags: isIllFormed ? FLAG_ILL_FORMED : 0, count };
    sealFrame(bytes, { format: this.#format.kind, header, layoutCrc32: this.#layoutCrc32 }, this.#checksum);
    frames.push(bytes);
  }
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  if (frames.length <= 1) return frames[0] ?? NO_BYTES;
  const whole = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    whole.set(frame, at);
    at += frame.length;
  }
  return whole;
}
