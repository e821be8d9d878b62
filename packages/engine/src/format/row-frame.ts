import type { RecordBatch } from "../record/batch.ts";
import { type Column, PRESENCE } from "../record/column.ts";
import { cellPlaces, copyBytes, type CellBytes, type ColumnPart } from "./cell-bytes.ts";
import { align8, FRAME_HEADER_BYTES, FrameFault } from "./frame.ts";
import { checkBooleans, checkedPresence, columnOfCells, rowKindColumn } from "./frame-cells.ts";
import {
  FRAME_BYTES_GOAL,
  type EncodedFrame,
  type FrameColumns,
  type FrameDecodeOptions,
  type FrameFormat,
} from "./frame-format.ts";
import { columnParts, presenceOf, rowCount, rowKindsOf } from "./frame-parts.ts";
import type { FrameField } from "./frame-layout.ts";

/**
 * Rows, one after the other. A row is its length, a slot of fixed width per field at a place that the layout determines, then the bytes of
 * its strings and values in the order of the fields. It is decoded and encoded a field at a time, while the frame is in the
 * cache: each loop does one thing to one kind of array.
 */
export const ROW_FRAMES: FrameFormat = { kind: "rows", decode, encode };

/** Where a field is in a row. */
interface Slot {
  readonly at: number;
  /** Of its presence byte; -1: every cell is present. */
  readonly presenceAt: number;
}

interface RowSlots {
  /** Per field. */
  readonly slots: readonly Slot[];
  /** Bytes of a row before its strings. */
  readonly fixedBytes: number;
}

const WIDTH = { int32: 4, float64: 8, boolean: 1, rowKind: 1, utf8: 4, dictionary: 4, json: 4 } as const;

/** Slots of four bytes come first, behind the row's length, then those of eight, then those of one. */
function rowSlots(fields: readonly FrameField[]): RowSlots {
  const places = new Map<FrameField, { at: number; presenceAt: number }>();
  let at = 4;
  for (const width of [4, 8, 1]) {
    if (width === 8 && fields.some(({ kind }) => WIDTH[kind] === 8)) at = align8(at);
    for (const field of fields) {
      if (WIDTH[field.kind] !== width) continue;
      places.set(field, { at, presenceAt: -1 });
      at += width;
    }
  }
  for (const field of fields) {
    const place = places.get(field);
    if (place !== undefined && (field.nullable || field.optional)) place.presenceAt = at++;
  }
  return { slots: fields.map((field) => places.get(field) as Slot), fixedBytes: at };
}

function isVariable({ kind }: FrameField): boolean {
  return kind === "utf8" || kind === "dictionary" || kind === "json";
}

function decode(payload: Uint8Array, options: FrameDecodeOptions): FrameColumns {
  const { fields, rows, wanted, arrays } = options;
  const { slots, fixedBytes } = rowSlots(fields);
  const words = new Int32Array(payload.buffer, payload.byteOffset, payload.length / 4);
  const floats = new Float64Array(payload.buffer, payload.byteOffset, payload.length / 8);
  const starts = rowStarts(words, arrays.int32(rows), { fixedBytes, payloadBytes: payload.length });
  const cursor = arrays.int32(rows);
  for (let row = 0; row < rows; row++) cursor[row] = (starts[row] as number) + fixedBytes;
  const columns = fields.map((field, index): Column | null => {
    const { at, presenceAt } = slots[index] as Slot;
    const isWanted = wanted[index] === true;
    const lengths = isVariable(field) ? gatherWords(words, arrays.int32(rows), { starts, at }) : null;
    const offsets =
      lengths === null ? null : passCells(cursor, arrays.int32(rows), { lengths, payloadBytes: payload.length });
    if (!isWanted) return null;
    const presence =
      presenceAt < 0
        ? null
        : checkedPresence(gatherBytes(payload, arrays.bytes(rows), { starts, at: presenceAt }), field);
    if (lengths !== null && offsets !== null)
      return columnOfCells(field, { bytes: payload, offsets, lengths, presence }, options);
    switch (field.kind) {
      case "int32":
        return { kind: "int32", presence, values: gatherWords(words, arrays.int32(rows), { starts, at }) };
      case "float64":
        return { kind: "float64", presence, values: gatherFloats(floats, arrays.float64(rows), { starts, at }) };
      case "rowKind":
        return rowKindColumn(gatherBytes(payload, arrays.bytes(rows), { starts, at }));
      default: {
        const values = gatherBytes(payload, arrays.bytes(rows), { starts, at });
        checkBooleans(values, field);
        return { kind: "boolean", presence, values };
      }
    }
  });
  checkRowEnds(starts, cursor, payload.length);
  for (let row = 0; row < rows; row++) starts[row] = (starts[row] as number) + FRAME_HEADER_BYTES;
  return { columns, places: starts };
}

/** Where each row begins; FrameFault unless rows fill the payload. */
function rowStarts(
  words: Int32Array,
  starts: Int32Array,
  { fixedBytes, payloadBytes }: { fixedBytes: number; payloadBytes: number },
): Int32Array {
  let at = 0;
  for (let row = 0; row < starts.length; row++) {
    const length = at < payloadBytes ? (words[at >> 2] as number) : -1;
    if (length < fixedBytes || (length & 7) !== 0 || length > payloadBytes - at)
      throw new FrameFault(`row ${row} has a wrong length`);
    starts[row] = at;
    at += length;
  }
  if (at !== payloadBytes) throw new FrameFault("there are more bytes than rows");
  return starts;
}

/** Moves behind the cells of a field; where they begin. */
function passCells(
  cursor: Int32Array,
  offsets: Int32Array,
  { lengths, payloadBytes }: { lengths: Int32Array; payloadBytes: number },
): Int32Array {
  for (let row = 0; row < cursor.length; row++) {
    const at = cursor[row] as number;
    const length = lengths[row] as number;
    if (length < 0 || length > payloadBytes - at) throw new FrameFault(`a cell of row ${row} has a wrong length`);
    offsets[row] = at;
    cursor[row] = at + length;
  }
  return offsets;
}

function checkRowEnds(starts: Int32Array, cursor: Int32Array, payloadBytes: number): void {
  for (let row = 0; row < starts.length; row++) {
    const end = row + 1 < starts.length ? (starts[row + 1] as number) : payloadBytes;
    if (align8(cursor[row] as number) !== end) throw new FrameFault(`the cells of row ${row} do not fill it`);
  }
}

/** Where a field is in each row. */
interface Place {
  readonly starts: Int32Array;
  readonly at: number;
}

function gatherWords(words: Int32Array, values: Int32Array, { starts, at }: Place): Int32Array {
  for (let row = 0; row < starts.length; row++) values[row] = words[((starts[row] as number) + at) >> 2] as number;
  return values;
}

function gatherFloats(floats: Float64Array, values: Float64Array, { starts, at }: Place): Float64Array {
  for (let row = 0; row < starts.length; row++) values[row] = floats[((starts[row] as number) + at) >> 3] as number;
  return values;
}

function gatherBytes(bytes: Uint8Array, values: Uint8Array, { starts, at }: Place): Uint8Array {
  for (let row = 0; row < starts.length; row++) values[row] = bytes[(starts[row] as number) + at] as number;
  return values;
}

function encode(batches: readonly RecordBatch[], fields: readonly FrameField[]): EncodedFrame | null {
  const rows = rowCount(batches);
  const { slots, fixedBytes } = rowSlots(fields);
  const parts = fields.map((_, index) => columnParts(batches, fields, index));
  const cells = fields.map((field, index): CellBytes | null =>
    isVariable(field) ? cellPlaces(parts[index] as readonly ColumnPart[], rows) : null,
  );
  const starts = new Int32Array(rows);
  let total = 0;
  for (let row = 0; row < rows; row++) {
    let length = fixedBytes;
    for (const cell of cells) if (cell !== null) length += cell.lengths[row] as number;
    starts[row] = FRAME_HEADER_BYTES + total;
    total += align8(length);
    if (total > FRAME_BYTES_GOAL && rows > 1) return null;
  }
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + total);
  const words = new Int32Array(bytes.buffer);
  for (let row = 0; row < rows; row++) {
    const start = starts[row] as number;
    const end = row + 1 < rows ? (starts[row + 1] as number) : bytes.length;
    words[start >> 2] = end - start;
  }
  const cursor = new Int32Array(rows);
  for (let row = 0; row < rows; row++) cursor[row] = (starts[row] as number) + fixedBytes;
  for (const [index, field] of fields.entries()) {
    const { at, presenceAt } = slots[index] as Slot;
    const cell = cells[index] ?? null;
    if (field.kind === "rowKind") scatterBytes(bytes, { starts, at }, rowKindsOf(batches, rows));
    else if (cell !== null) scatterCells(bytes, words, { starts, at, cursor }, cell);
    else scatterNumbers(bytes, { starts, at }, parts[index] as readonly ColumnPart[]);
    if (presenceAt >= 0)
      scatterBytes(bytes, { starts, at: presenceAt }, presenceOf(parts[index] as readonly ColumnPart[], rows));
  }
  return { bytes, isIllFormed: cells.some((cell) => cell?.isIllFormed === true) };
}

function scatterBytes(bytes: Uint8Array, { starts, at }: { starts: Int32Array; at: number }, values: Uint8Array): void {
  for (let row = 0; row < starts.length; row++) bytes[(starts[row] as number) + at] = values[row] as number;
}

function scatterCells(
  bytes: Uint8Array,
  words: Int32Array,
  { starts, at, cursor }: { starts: Int32Array; at: number; cursor: Int32Array },
  cells: CellBytes,
): void {
  for (let row = 0; row < starts.length; row++) {
    const length = cells.lengths[row] as number;
    words[((starts[row] as number) + at) >> 2] = length;
    copyBytes(cells.bytes, { at: cells.offsets[row] as number, length }, bytes, cursor[row] as number);
    cursor[row] = (cursor[row] as number) + length;
  }
}

/** Numbers and booleans; a cell that is null or absent stays 0. */
function scatterNumbers(
  bytes: Uint8Array,
  { starts, at }: { starts: Int32Array; at: number },
  parts: readonly ColumnPart[],
): void {
  const words = new Int32Array(bytes.buffer);
  const floats = new Float64Array(bytes.buffer);
  let base = 0;
  for (const { column, length } of parts) {
    const { presence } = column;
    for (let i = 0; i < length; i++) {
      if (presence !== null && presence[i] !== PRESENCE.present) continue;
      const place = (starts[base + i] as number) + at;
      if (column.kind === "int32") words[place >> 2] = column.values[i] as number;
      else if (column.kind === "float64") floats[place >> 3] = column.values[i] as number;
      else if (column.kind === "boolean") bytes[place] = column.values[i] as number;
    }
    base += length;
  }
}
