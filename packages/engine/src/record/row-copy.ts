import type { RecordBatch } from "./batch.ts";
import { cellOf } from "./cell.ts";
import { type Column, PRESENCE } from "./column.ts";
import type { KeyColumn } from "./key-column.ts";
import { setOwn } from "./plain-value.ts";

/** A batch of the first `length` rows that `rows` names, in that order; a row may come twice. Bytes are shared, cells are copied. */
export function selectRows(batch: RecordBatch, rows: Int32Array, length: number): RecordBatch {
  const picked = rows.subarray(0, length);
  const { rowKinds, keys, origin } = batch;
  return {
    layout: batch.layout,
    length,
    columns: batch.columns.map((column) => selectCells(column, picked)),
    timestamps: gather(batch.timestamps, picked, new Float64Array(length)),
    watermarks: gather(batch.watermarks, picked, new Float64Array(length)),
    rowKinds: rowKinds === null ? null : gather(rowKinds, picked, new Uint8Array(length)),
    keys: keys === null ? null : selectKeys(keys, picked),
    origin: origin === null ? null : { ...origin, offsets: gather(origin.offsets, picked, new Float64Array(length)) },
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
  const presence = column.presence === null ? null : gather(column.presence, rows, new Uint8Array(rows.length));
  switch (column.kind) {
    case "int32":
    case "dictionary":
      return { ...column, presence, values: gather(column.values, rows, new Int32Array(rows.length)) };
    case "float64":
      return { ...column, presence, values: gather(column.values, rows, new Float64Array(rows.length)) };
    case "boolean":
      return { ...column, presence, values: gather(column.values, rows, new Uint8Array(rows.length)) };
    case "json":
      return { ...column, presence, values: Array.from(rows, (row) => column.values[row]) };
    case "utf8":
      return {
        ...column,
        presence,
        offsets: gather(column.offsets, rows, new Int32Array(rows.length)),
        lengths: gather(column.lengths, rows, new Int32Array(rows.length)),
        strings: Array.from(rows, (row) => column.strings[row]),
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

function selectKeys(keys: KeyColumn, rows: Int32Array): KeyColumn {
  return {
    bytes: keys.bytes,
    offsets: gather(keys.offsets, rows, new Int32Array(rows.length)),
    lengths: gather(keys.lengths, rows, new Int32Array(rows.length)),
    hashes: gather(keys.hashes, rows, new Uint32Array(rows.length)),
  };
}

function sliceKeys(keys: KeyColumn, from: number, to: number): KeyColumn {
  return {
    bytes: keys.bytes,
    offsets: keys.offsets.subarray(from, to),
    lengths: keys.lengths.subarray(from, to),
    hashes: keys.hashes.subarray(from, to),
  };
}

function gather<A extends Uint8Array | Int32Array | Uint32Array | Float64Array>(from: A, rows: Int32Array, to: A): A {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i] as number] as number;
  return to;
}
