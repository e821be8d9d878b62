import type { RecordBatch } from "../record/batch.ts";
import { type Column, PRESENCE } from "../record/column.ts";
import { cellBytes, Heap, type CellBytes, type ColumnPart } from "./cell-bytes.ts";
import { align8, FRAME_HEADER_BYTES, FrameFault } from "./frame.ts";
import {
  checkBooleans,
  checkedPresence,
  columnOfCells,
  rowKindColumn,
  textOf,
  type TextOptions,
} from "./frame-cells.ts";
import {
  FRAME_BYTES_GOAL,
  type EncodedFrame,
  type FrameColumns,
  type FrameDecodeOptions,
  type FrameFormat,
} from "./frame-format.ts";
import type { FrameField } from "./frame-layout.ts";
import { columnParts, presenceOf, rowCount, rowKindsOf } from "./frame-parts.ts";

/**
 * Columns, one after the other, each at a multiple of eight bytes, behind a directory of where they are. Columns of numbers and
 * booleans, presence codes and the bytes of strings become views of the payload; nothing is copied.
 */
export const BLOCK_FRAMES: FrameFormat = { kind: "blocks", decode, encode };

/** Words of a field in the directory: places in the payload, 0 where there is nothing. */
const ENTRY_WORDS = 6;
const ENTRY = { presence: 0, values: 1, heap: 2, heapBytes: 3, entries: 4, entryOffsets: 5 } as const;

function decode(payload: Uint8Array, options: FrameDecodeOptions): FrameColumns {
  const { fields, rows, wanted } = options;
  const directoryBytes = fields.length * ENTRY_WORDS * 4;
  // A row's place is its number: places must not reach into the next frame.
  if (payload.length < directoryBytes || payload.length < rows) throw new FrameFault("it is too short");
  const directory = new Uint32Array(payload.buffer, payload.byteOffset, fields.length * ENTRY_WORDS);
  const reader = new SectionReader(payload);
  const columns = fields.map((field, index) =>
    wanted[index] === true
      ? readColumn(field, {
          rows,
          reader,
          entry: directory.subarray(index * ENTRY_WORDS, (index + 1) * ENTRY_WORDS),
          options,
        })
      : null,
  );
  const places = options.arrays.int32(rows);
  for (let row = 0; row < rows; row++) places[row] = row;
  return { columns, places };
}

/** Gives views of a payload; FrameFault for one that is not within it, or not aligned. */
class SectionReader {
  readonly #payload: Uint8Array;

  constructor(payload: Uint8Array) {
    this.#payload = payload;
  }

  bytes(place: number | undefined, length: number): Uint8Array {
    const from = this.#checked(place, length);
    return this.#payload.subarray(from, from + length);
  }

  words(place: number | undefined, length: number): Int32Array {
    const from = this.#checked(place, length * 4);
    return new Int32Array(this.#payload.buffer, this.#payload.byteOffset + from, length);
  }

  floats(place: number | undefined, length: number): Float64Array {
    const from = this.#checked(place, length * 8);
    return new Float64Array(this.#payload.buffer, this.#payload.byteOffset + from, length);
  }

  #checked(place = 0, bytes: number): number {
    if (place % 8 !== 0 || place + bytes > this.#payload.length) throw new FrameFault("a column is not within it");
    return place;
  }
}

interface ReadOptions {
  readonly rows: number;
  readonly reader: SectionReader;
  readonly entry: Uint32Array;
  readonly options: TextOptions;
}

function readColumn(field: FrameField, read: ReadOptions): Column {
  const { rows, reader, entry } = read;
  const place = entry[ENTRY.values];
  const presencePlace = entry[ENTRY.presence];
  const presence = presencePlace === 0 ? null : checkedPresence(reader.bytes(presencePlace, rows), field);
  switch (field.kind) {
    case "int32":
      return { kind: "int32", presence, values: reader.words(place, rows) };
    case "float64":
      return { kind: "float64", presence, values: reader.floats(place, rows) };
    case "rowKind":
      return rowKindColumn(reader.bytes(place, rows));
    case "boolean": {
      const values = reader.bytes(place, rows);
      checkBooleans(values, field);
      return { kind: "boolean", presence, values };
    }
    case "dictionary":
      return { kind: "dictionary", presence, ...readDictionary(field, read) };
    default: {
      const { offsets, lengths } = readOffsets(
        reader.words(place, rows + 1),
        read.options.arrays.int32(rows),
        entry[ENTRY.heapBytes] ?? 0,
      );
      const bytes = reader.bytes(entry[ENTRY.heap], entry[ENTRY.heapBytes] ?? 0);
      return columnOfCells(field, { bytes, offsets, lengths, presence }, read.options);
    }
  }
}

/** Offsets of cells from one more of them; FrameFault if they do not grow within the heap. */
function readOffsets(
  offsets: Int32Array,
  lengths: Int32Array,
  heapBytes: number,
): { offsets: Int32Array; lengths: Int32Array } {
  const rows = lengths.length;
  let signs = offsets[0] as number;
  for (let row = 0; row < rows; row++) {
    const length = (offsets[row + 1] as number) - (offsets[row] as number);
    signs |= length | (offsets[row + 1] as number);
    lengths[row] = length;
  }
  if (signs < 0 || (offsets[rows] as number) > heapBytes) throw new FrameFault("the offsets of cells are wrong");
  return { offsets, lengths };
}

function readDictionary(
  field: FrameField,
  { rows, reader, entry, options }: ReadOptions,
): { values: Int32Array; dictionary: string[] } {
  const entries = entry[ENTRY.entries] ?? 0;
  const heapBytes = entry[ENTRY.heapBytes] ?? 0;
  const bytes = reader.bytes(entry[ENTRY.heap], heapBytes);
  const { offsets, lengths } = readOffsets(
    reader.words(entry[ENTRY.entryOffsets], entries + 1),
    new Int32Array(entries),
    heapBytes,
  );
  const dictionary = Array.from(lengths, (length, i) => textOf(bytes, offsets[i] as number, length, options));
  const values = reader.words(entry[ENTRY.values], rows);
  let seen = 0;
  let highest = 0;
  for (let row = 0; row < rows; row++) {
    const id = values[row] as number;
    seen |= id;
    if (id > highest) highest = id;
  }
  // A cell that is null or absent has id 0, also where there are no entries.
  if (seen < 0 || (highest > 0 && highest >= entries))
    throw new FrameFault(`field ${JSON.stringify(field.name)} names a string that there is not`);
  return { values, dictionary };
}

/** Collects arrays and lays them out behind the directory. */
class SectionWriter {
  readonly #sections: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #end: number;

  constructor(directoryBytes: number) {
    this.#end = align8(directoryBytes);
  }

  get total(): number {
    return this.#end;
  }

  /** Its place in the payload. */
  add(array: Uint8Array | Int32Array | Float64Array): number {
    const at = this.#end;
    this.#sections.push({ at, bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) });
    this.#end += align8(array.byteLength);
    return at;
  }

  finish(directory: Uint32Array, rows: number): Uint8Array {
    const total = Math.max(this.#end, align8(rows));
    const frame = new Uint8Array(FRAME_HEADER_BYTES + total);
    frame.set(new Uint8Array(directory.buffer), FRAME_HEADER_BYTES);
    for (const { at, bytes } of this.#sections) frame.set(bytes, FRAME_HEADER_BYTES + at);
    return frame;
  }
}

function encode(batches: readonly RecordBatch[], fields: readonly FrameField[]): EncodedFrame | null {
  const rows = rowCount(batches);
  const directory = new Uint32Array(fields.length * ENTRY_WORDS);
  const writer = new SectionWriter(directory.byteLength);
  let isIllFormed = false;
  for (const [index, field] of fields.entries()) {
    const parts = columnParts(batches, fields, index);
    const entry = directory.subarray(index * ENTRY_WORDS, (index + 1) * ENTRY_WORDS);
    if (parts.some(({ column }) => column.presence !== null))
      entry[ENTRY.presence] = writer.add(presenceOf(parts, rows));
    switch (field.kind) {
      case "rowKind":
        entry[ENTRY.values] = writer.add(rowKindsOf(batches, rows));
        break;
      case "utf8":
      case "json":
        isIllFormed = addCells(cellBytes(parts, rows), { entry, writer }) || isIllFormed;
        break;
      case "dictionary":
        isIllFormed = addDictionary(parts, { rows, entry, writer }) || isIllFormed;
        break;
      default:
        entry[ENTRY.values] = writer.add(numbersOf(field.kind, parts, rows));
    }
    if (writer.total > FRAME_BYTES_GOAL && rows > 1) return null;
  }
  return { bytes: writer.finish(directory, rows), isIllFormed };
}

/** Whether some strings are ill-formed. */
function addCells(cells: CellBytes, { entry, writer }: { entry: Uint32Array; writer: SectionWriter }): boolean {
  const rows = cells.offsets.length;
  // A heap is filled without gaps, so that a cell ends where the next one begins.
  const offsets = new Int32Array(rows + 1);
  offsets.set(cells.offsets);
  offsets[rows] = cells.total;
  entry[ENTRY.values] = writer.add(offsets);
  entry[ENTRY.heap] = writer.add(cells.bytes.subarray(0, cells.total));
  entry[ENTRY.heapBytes] = cells.total;
  return cells.isIllFormed;
}

/** Only the strings that are used; whether some are ill-formed. */
function addDictionary(
  parts: readonly ColumnPart[],
  { rows, entry, writer }: { rows: number; entry: Uint32Array; writer: SectionWriter },
): boolean {
  const ids = new Map<string, number>();
  const values = new Int32Array(rows);
  let at = 0;
  for (const { column, length } of parts) {
    if (column.kind !== "dictionary") continue;
    const { presence, dictionary } = column;
    for (let row = 0; row < length; row++, at++) {
      if (presence !== null && presence[row] !== PRESENCE.present) continue;
      const text = dictionary[column.values[row] as number] ?? "";
      let id = ids.get(text);
      if (id === undefined) ids.set(text, (id = ids.size));
      values[at] = id;
    }
  }
  const heap = new Heap(ids.size);
  for (const text of ids.keys()) heap.addText(text);
  const cells = heap.finish();
  const offsets = new Int32Array(ids.size + 1);
  offsets.set(cells.offsets);
  offsets[ids.size] = cells.total;
  entry[ENTRY.values] = writer.add(values);
  entry[ENTRY.heap] = writer.add(cells.bytes.subarray(0, cells.total));
  entry[ENTRY.heapBytes] = cells.total;
  entry[ENTRY.entries] = ids.size;
  entry[ENTRY.entryOffsets] = writer.add(offsets);
  return cells.isIllFormed;
}

function numbersOf(
  kind: "int32" | "float64" | "boolean",
  parts: readonly ColumnPart[],
  rows: number,
): Uint8Array | Int32Array | Float64Array {
  const values =
    kind === "int32" ? new Int32Array(rows) : kind === "float64" ? new Float64Array(rows) : new Uint8Array(rows);
  let at = 0;
  for (const { column, length } of parts) {
    if (column.kind === kind) values.set(column.values.subarray(0, length), at);
    // The same rows are the same bytes, whatever stood in a cell that is null or absent.
    if (column.presence !== null) {
      for (let row = 0; row < length; row++) if (column.presence[row] !== PRESENCE.present) values[at + row] = 0;
    }
    at += length;
  }
  return values;
}
