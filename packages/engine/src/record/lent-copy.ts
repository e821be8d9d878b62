import type { RecordBatch } from "./batch.ts";
import { PRESENCE, type Column, type JsonColumn, type Utf8Column } from "./column.ts";
import { tupleColumn } from "./tuple-column.ts";

/** What a string or value cell of a spoilt batch reads as. */
export const SPOILT_CELL = "(a cell of a lent batch, kept beyond the call that it was lent for)";

/** A copy of a batch without keys, for somebody who says that he keeps nothing of it. */
export interface LentCopy {
  readonly batch: RecordBatch;
  /** Overwrites the copy, so that whoever kept a column or an array of it shows: numbers are -0.5 or -1, other cells {@link SPOILT_CELL}. */
  spoil(): void;
}

/** What spoils a copy, piece by piece. */
type Spoilers = (() => void)[];

/**
 * A copy to lend in debug mode. The batch itself is left alone: what a reader that lends is to use again, it may also share between batches.
 * Dictionaries are shared with it, as they are never written again.
 */
export function lentCopy(batch: RecordBatch): LentCopy {
  const { length, rowKinds, origin } = batch;
  const spoilers: Spoilers = [];
  const floats = (from: Float64Array, spoilt: number): Float64Array => copied(from.slice(0, length), spoilt, spoilers);
  const copy: RecordBatch = {
    layout: batch.layout,
    length,
    columns: batch.columns.map((column) => copyCells(column, length, spoilers)),
    timestamps: floats(batch.timestamps, -0.5),
    watermarks: floats(batch.watermarks, -0.5),
    rowKinds: rowKinds === null ? null : copied(rowKinds.slice(0, length), 255, spoilers),
    keys: batch.keys,
    origin: origin === null ? null : { ...origin, offsets: floats(origin.offsets, -1) },
  };
  return {
    batch: copy,
    spoil: () => {
      for (const spoil of spoilers) spoil();
    },
  };
}

function copied<A extends Float64Array | Int32Array | Uint8Array>(copy: A, spoilt: number, spoilers: Spoilers): A {
  spoilers.push(() => copy.fill(spoilt));
  return copy;
}

function copyCells(column: Column, rows: number, spoilers: Spoilers): Column {
  // Spoilt cells are all there, so that none of them reads as a null that might be right.
  const presence = column.presence === null ? null : copied(column.presence.slice(0, rows), PRESENCE.present, spoilers);
  switch (column.kind) {
    case "int32":
    case "dictionary":
      return { ...column, presence, values: copied(column.values.slice(0, rows), -1, spoilers) };
    case "float64":
      return { ...column, presence, values: copied(column.values.slice(0, rows), -0.5, spoilers) };
    case "boolean":
      return { ...column, presence, values: copied(column.values.slice(0, rows), 255, spoilers) };
    case "json":
      return copyValues(column, presence, rows, spoilers);
    case "utf8":
      return copyStrings(column, presence, rows, spoilers);
  }
}

function copyValues(column: JsonColumn, presence: Uint8Array | null, rows: number, spoilers: Spoilers): JsonColumn {
  const { parts } = column;
  const copy: JsonColumn =
    parts === undefined
      ? { kind: "json", presence, values: column.values.slice(0, rows) }
      : tupleColumn(
          parts.map((part) => copyCells(part, rows, spoilers)),
          rows,
        );
  spoilers.push(() => copy.values.fill(SPOILT_CELL));
  return copy;
}

function copyStrings(column: Utf8Column, presence: Uint8Array | null, rows: number, spoilers: Spoilers): Utf8Column {
  const offsets = new Int32Array(rows);
  const lengths = new Int32Array(rows);
  let used = 0;
  for (let row = 0; row < rows; row++) {
    // What stands in for a cell that is not there may be anything.
    const isPresent = presence === null || presence[row] === PRESENCE.present;
    const length = isPresent ? (column.lengths[row] as number) : 0;
    offsets[row] = used;
    lengths[row] = length;
    used += Math.max(length, 0);
  }
  const bytes = new Uint8Array(used);
  for (let row = 0; row < rows; row++) {
    const length = lengths[row] as number;
    const from = column.offsets[row] as number;
    if (length > 0) bytes.set(column.bytes.subarray(from, from + length), offsets[row]);
  }
  // A reader fills it, by the row.
  const strings = Array.from({ length: rows }, (_, row) => column.strings[row]);
  spoilers.push(() => {
    bytes.fill(0x3f);
    lengths.fill(-1);
    strings.fill(SPOILT_CELL);
  });
  return { kind: "utf8", presence, bytes, offsets, lengths, strings };
}
