import { TidemarkError } from "../foundation/error.ts";
import type { Column, DictionaryColumn, JsonColumn, Utf8Column } from "../record/column.ts";
import { PRESENCE } from "../record/column.ts";
import { encodeValue } from "../record/value-codec.ts";
import { encodeWtf8 } from "../record/wtf8.ts";

/** The bytes of every cell of a field; an empty piece where the cell is null or absent. */
export interface CellBytes {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  /** All of them together. */
  readonly total: number;
  /** Some strings have lone surrogates. */
  readonly isIllFormed: boolean;
}

/** A column of one batch, and how many rows it has. */
export interface ColumnPart {
  readonly column: Column;
  readonly length: number;
}

/** The bytes of the cells of neighbouring batches: strings in UTF-8 (WTF-8 where they are ill-formed), any other value in the value codec. */
export function cellBytes(parts: readonly ColumnPart[], rows: number): CellBytes {
  const heap = new Heap(
    rows,
    parts.reduce((sum, part) => sum + bytesAtLeast(part), 0),
  );
  for (const { column, length } of parts) {
    switch (column.kind) {
      case "utf8":
        addStrings(heap, column, length);
        break;
      case "dictionary":
        addEntries(heap, column, length);
        break;
      case "json":
        addValues(heap, column, length);
        break;
      default:
        break;
    }
  }
  return heap.finish();
}

/** The same, but cells may be anywhere in `bytes`: strings of one batch that are bytes already are not copied. */
export function cellPlaces(parts: readonly ColumnPart[], rows: number): CellBytes {
  const [part] = parts;
  const column = parts.length === 1 && part?.column.kind === "utf8" ? part.column : null;
  return (column === null ? null : placesOf(column, rows)) ?? cellBytes(parts, rows);
}

/** Null where a cell is not there as bytes. */
function placesOf({ presence, bytes, offsets, lengths }: Utf8Column, rows: number): CellBytes | null {
  if (presence !== null) return null;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const length = lengths[row] ?? -1;
    if (length < 0) return null;
    total += length;
  }
  return { bytes, offsets, lengths, total, isIllFormed: false };
}

/** Bytes that the cells will need, as far as that is known. */
function bytesAtLeast({ column, length }: ColumnPart): number {
  if (column.kind !== "utf8") return 0;
  const { lengths, strings } = column;
  let bytes = 0;
  for (let row = 0; row < length; row++) {
    const size = lengths[row] ?? -1;
    bytes += size >= 0 ? size : (strings[row]?.length ?? 0) * 3;
  }
  return bytes;
}

function addStrings(heap: Heap, column: Utf8Column, length: number): void {
  const { presence, bytes, offsets, lengths, strings } = column;
  for (let row = 0; row < length; row++) {
    const size = lengths[row] ?? -1;
    if (presence !== null && presence[row] !== PRESENCE.present) heap.addNothing();
    else if (size >= 0) heap.addBytes(bytes, offsets[row] as number, size);
    else heap.addText(strings[row] ?? "");
  }
}

function addEntries(heap: Heap, column: DictionaryColumn, length: number): void {
  const { presence, values, dictionary } = column;
  for (let row = 0; row < length; row++) {
    if (presence !== null && presence[row] !== PRESENCE.present) heap.addNothing();
    else heap.addText(dictionary[values[row] as number] ?? "");
  }
}

function addValues(heap: Heap, column: JsonColumn, length: number): void {
  const { presence, values } = column;
  for (let row = 0; row < length; row++) {
    if (presence !== null && presence[row] !== PRESENCE.present) {
      heap.addNothing();
    } else {
      const bytes = encodeValue(values[row]);
      heap.addBytes(bytes, 0, bytes.length);
    }
  }
}

const utf8 = new TextEncoder();
/** Offsets are 32 bits wide. */
const HEAP_BYTES_MAX = 2 ** 31 - 1;
/** A native call costs about 100 ns whatever the length: shorter cells are copied here. */
const SHORT = 32;

/** Copies a piece of bytes; short ones without a native call. */
export function copyBytes(
  from: Uint8Array,
  { at, length }: { at: number; length: number },
  to: Uint8Array,
  target: number,
): void {
  if (length > SHORT) to.set(from.subarray(at, at + length), target);
  else for (let i = 0; i < length; i++) to[target + i] = from[at + i] as number;
}

/** Bytes of cells, one after the other. */
export class Heap {
  #bytes: Uint8Array;
  #end = 0;
  #rows = 0;
  #isIllFormed = false;
  readonly #offsets: Int32Array;
  readonly #lengths: Int32Array;

  /** `bytes`: how many there may be; more are no error. */
  constructor(rows: number, bytes = 0) {
    this.#bytes = new Uint8Array(bytes);
    this.#offsets = new Int32Array(rows);
    this.#lengths = new Int32Array(rows);
  }

  addNothing(): void {
    this.#note(0);
  }

  addBytes(bytes: Uint8Array, at: number, length: number): void {
    this.#reserve(length);
    copyBytes(bytes, { at, length }, this.#bytes, this.#end);
    this.#note(length);
  }

  addText(text: string): void {
    this.#reserve(text.length * 3);
    const length = text.length <= SHORT ? this.#addAscii(text) : -1;
    if (length >= 0) this.#note(length);
    else if (text.isWellFormed()) this.#note(utf8.encodeInto(text, this.#bytes.subarray(this.#end)).written);
    else this.#addIllFormed(text);
  }

  finish(): CellBytes {
    return {
      bytes: this.#bytes,
      offsets: this.#offsets,
      lengths: this.#lengths,
      total: this.#end,
      isIllFormed: this.#isIllFormed,
    };
  }

  /** Its length; -1 if the text is not ASCII. */
  #addAscii(text: string): number {
    const { length } = text;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return -1;
      this.#bytes[this.#end + i] = unit;
    }
    return length;
  }

  #addIllFormed(text: string): void {
    const bytes = encodeWtf8(text);
    this.#isIllFormed = true;
    this.#bytes.set(bytes, this.#end);
    this.#note(bytes.length);
  }

  #note(length: number): void {
    this.#offsets[this.#rows] = this.#end;
    this.#lengths[this.#rows++] = length;
    this.#end += length;
  }

  #reserve(length: number): void {
    if (this.#end + length <= this.#bytes.length) return;
    if (this.#end + length > HEAP_BYTES_MAX) {
      throw new TidemarkError("TM_RECORD", "the records of a batch are too long together to be written in a frame");
    }
    const grown = new Uint8Array(Math.max(1_024, this.#bytes.length * 2, this.#end + length));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
  }
}
