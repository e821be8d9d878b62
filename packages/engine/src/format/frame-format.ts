import type { RecordBatch } from "../record/batch.ts";
import type { Column } from "../record/column.ts";
import type { FrameArrays } from "./frame-arrays.ts";
import type { FrameFormatKind } from "./frame.ts";
import type { FrameField } from "./frame-layout.ts";

/** How a binary format lays out the rows of a frame's payload. */
export interface FrameFormat {
  readonly kind: FrameFormatKind;
  /** The columns of a payload whose checksum is right. FrameFault if it is not what it should be. */
  decode(payload: Uint8Array, options: FrameDecodeOptions): FrameColumns;
  /** A frame with its payload, its header left blank; null: too many bytes for one frame, and there is more than one row. */
  encode(batches: readonly RecordBatch[], fields: readonly FrameField[]): EncodedFrame | null;
}

export interface FrameDecodeOptions {
  readonly fields: readonly FrameField[];
  readonly rows: number;
  /** Per field whether anybody asks for it. */
  readonly wanted: readonly boolean[];
  /** Some strings may have lone surrogates. */
  readonly isIllFormed: boolean;
  /** Strings are checked to be valid UTF-8. */
  readonly checkText: boolean;
  /** Where the arrays of columns come from that are not views of the payload. */
  readonly arrays: FrameArrays;
}

export interface FrameColumns {
  /** Per field; null where nobody asked. A `rowKind` field is a dictionary column. */
  readonly columns: readonly (Column | null)[];
  /** Per row its place in the frame, growing from row to row. */
  readonly places: Int32Array;
}

export interface EncodedFrame {
  readonly bytes: Uint8Array;
  /** Some strings have lone surrogates. */
  readonly isIllFormed: boolean;
}

/** Payload bytes above which several rows become several frames. */
export const FRAME_BYTES_GOAL: number = 16 * 1_024 * 1_024;
