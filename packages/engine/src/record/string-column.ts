import { BATCH_ROWS_MAX } from "./batch.ts";
import type { Utf8Column } from "./column.ts";

const NO_BYTES = new Uint8Array(0);
let noOffsets = new Int32Array(BATCH_ROWS_MAX);
let noLengths = new Int32Array(BATCH_ROWS_MAX).fill(-1);

/** A column of strings that have no bytes; such columns share the arrays that say so. */
export function stringColumn(strings: (string | undefined)[], presence: Uint8Array | null = null): Utf8Column {
  if (noLengths.length < strings.length) {
    noOffsets = new Int32Array(strings.length);
    noLengths = new Int32Array(strings.length).fill(-1);
  }
  return { kind: "utf8", presence, bytes: NO_BYTES, offsets: noOffsets, lengths: noLengths, strings };
}
