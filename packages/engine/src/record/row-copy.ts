import type { RecordBatch } from "./batch.ts";
import { byteKeys } from "./byte-keys.ts";
import { cellOf } from "./cell.ts";
import { type Column, PRESENCE } from "./column.ts";
import { integerKeys } from "./integer-keys.ts";
import { gatherFloats, gatherInts } from "./gather.ts";
import type { KeyColumn } from "./key-column.ts";
import { pairKeys } from "./pair-keys.ts";
import { setOwn } from "./plain-value.ts";
import { tupleColumn } from "./tuple-column.ts";

/** A batch of the first `length` rows that `rows` names, in that order; a row may come twice. Bytes are shared, cells are copied. */
export function selectRows(batch: RecordBatch, rows: Int32Array, length: number): RecordBatch {
  const picked = rows.subarray(0, length);
  const { rowKinds, keys, origin } = batch;
  return {
    layout: batch.layout,
    length,
    columns: batch.columns.map((column) => selectCells(column, picked)),
    timestamps: gatherFloats(batch.timestamps, picked),
    watermarks: gatherFloats(batch.watermarks, picked),
    rowKinds: rowKinds === null ? null : gatherBytes(rowKinds, picked),
    keys: keys === null ? null : selectKeys(keys, picked),
    origin: origin === null ? null : { ...origin, offsets: gatherFloats(origin.offsets, picked) },
  };
}

/** Rows `from` (inclusive) to `to` (exclusive); shares the cells. */
export function sliceRows(batch: RecordBatch, from: number, to: number): RecordBatch {
  if (from === 0) return to === batch.length ? batch : { ...batch, length: to };
  const { rowKinds, keys, origin } = batch;
  return {
    layout: batch.layout,
    length: to - from,
    columns: batch.columns.map((column) => sliceCells(column, from, to)),
    timestamps: batch.timestamps.subarray(from, to),
    watermarks: batch.watermarks.subarray(from, to),
    rowKinds: rowKinds === null ? null : rowKinds.subarray(from, to),
    keys: keys === null ? null : sliceKeys(keys, from, to),
    origin: origin === null ? null : { ...origin, offsets: origin.offsets.subarray(from, to) },
  };
}

/** The same rows with other keys; null takes them away. */
export function withKeys(batch: RecordBatch, keys: KeyColumn | null): RecordBatch {
  return { ...batch, keys };
}

/** The same rows with other times. */
export function withTimes(
  batch: RecordBatch,
  times: { readonly timestamps?: Float64Array; readonly watermarks?: Float64Array },
): RecordBatch {
  return { ...batch, ...times };
}

/** A plain copy of a row, without absent fields; for VALUE_LAYOUT the value itself. Nested values are shared with the batch. */
export function recordOf(batch: RecordBatch, row: number): unknown {
  if (batch.layout.shape === "value") return cellOf(batch.columns[0] as Column, row);
  const record: Record<string, unknown> = {};
  for (const [index, field] of batch.layout.fields.entries()) {
    const column = batch.columns[index] as Column;
    if (column.presence !== null && column.presence[row] === PRESENCE.absent) continue;
    setOwn(record, field.name, cellOf(column, row));
  }
  return record;
}

function selectCells(column: Column, rows: Int32Array): Column {
  const presence = column.presence === null ? null : gatherBytes(column.presence, rows);
  switch (column.kind) {
    case "int32":
    case "dictionary":
      return { ...column, presence, values: gatherInts(column.values, rows) };
    case "float64":
      return { ...column, presence, values: gatherFloats(column.values, rows) };
    case "boolean":
      return { ...column, presence, values: gatherBytes(column.values, rows) };
    case "json":
      if (column.parts !== undefined)
        return tupleColumn(
          column.parts.map((part) => selectCells(part, rows)),
          rows.length,
        );
      return { ...column, presence, values: gatherAny(column.values, rows) };
    case "utf8":
      return {
        ...column,
        presence,
        offsets: gatherInts(column.offsets, rows),
        lengths: gatherInts(column.lengths, rows),
        strings: gatherAny(column.strings, rows),
      };
  }
}

function sliceCells(column: Column, from: number, to: number): Column {
  const presence = column.presence === null ? null : column.presence.subarray(from, to);
  switch (column.kind) {
    case "int32":
    case "dictionary":
      return { ...column, presence, values: column.values.subarray(from, to) };
    case "float64":
      return { ...column, presence, values: column.values.subarray(from, to) };
    case "boolean":
      return { ...column, presence, values: column.values.subarray(from, to) };
    case "json":
      if (column.parts !== undefined)
        return tupleColumn(
          column.parts.map((part) => sliceCells(part, from, to)),
          to - from,
        );
      return { ...column, presence, values: column.values.slice(from, to) };
    case "utf8":
      return {
        ...column,
        presence,
        offsets: column.offsets.subarray(from, to),
        lengths: column.lengths.subarray(from, to),
        strings: column.strings.slice(from, to),
      };
  }
}

/** The keys of rows, in that order. */
export function selectKeys(keys: KeyColumn, rows: Int32Array): KeyColumn {
  const { integers, pairs } = keys;
  if (integers !== null) return integerKeys(gatherFloats(integers, rows));
  if (pairs !== null)
    return pairKeys({ first: gatherFloats(pairs.first, rows), second: gatherFloats(pairs.second, rows) });
  return byteKeys({
    bytes: keys.bytes,
    offsets: gatherInts(keys.offsets, rows),
    lengths: gatherInts(keys.lengths, rows),
    hashes: gatherHashes(keys.hashes, rows),
  });
}

function sliceKeys(keys: KeyColumn, from: number, to: number): KeyColumn {
  const { integers, pairs } = keys;
  if (integers !== null) return integerKeys(integers.subarray(from, to));
  if (pairs !== null)
    return pairKeys({ first: pairs.first.subarray(from, to), second: pairs.second.subarray(from, to) });
  return byteKeys({
    bytes: keys.bytes,
    offsets: keys.offsets.subarray(from, to),
    lengths: keys.lengths.subarray(from, to),
    hashes: keys.hashes.subarray(from, to),
  });
}

// A loop per kind of array: one loop over all kinds is several times slower.

function gatherBytes(from: Uint8Array, rows: Int32Array): Uint8Array {
  const to = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i] as number] as number;
  return to;
}

function gatherAny<T>(from: readonly T[], rows: Int32Array): T[] {
  const to = new Array<T>(rows.length);
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i] as number] as T;
  return to;
}

function gatherHashes(from: Uint32Array, rows: Int32Array): Uint32Array {
  const to = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i] as number] as number;
  return to;
}
