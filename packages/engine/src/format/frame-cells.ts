import { TidemarkError } from "../foundation/error.ts";
import { type Column, type DictionaryColumn, type JsonColumn, PRESENCE, type Utf8Column } from "../record/column.ts";
import { decodeValue } from "../record/value-codec.ts";
import { decodeUtf8, decodeWtf8 } from "../record/wtf8.ts";
import { ROW_KIND_TEXTS } from "./batch-encoder.ts";
import type { FrameArrays } from "./frame-arrays.ts";
import { FrameFault } from "./frame.ts";
import type { FrameField } from "./frame-layout.ts";

/** Where the cells of a field are in `bytes`; within it, which the caller has made sure of. */
export interface CellPlaces {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly presence: Uint8Array | null;
}

/** How strings are to be read. */
export interface TextOptions {
  readonly isIllFormed: boolean;
  readonly checkText: boolean;
  readonly arrays: FrameArrays;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The column of cells of bytes. */
export function columnOfCells(field: FrameField, cells: CellPlaces, options: TextOptions): Column {
  switch (field.kind) {
    case "json":
      return jsonColumn(field, cells);
    case "dictionary":
      return dictionaryColumn(field, cells, options);
    default:
      return textColumn(field, cells, options);
  }
}

/** Presence codes as a column has them: null where every cell is present. FrameFault for a code that the field does not allow. */
export function checkedPresence(codes: Uint8Array, { name, nullable, optional }: FrameField): Uint8Array | null {
  let seen = 0;
  let above = 0;
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    seen |= 1 << code;
    above |= code;
  }
  const isForeign =
    above > 3 ||
    (seen & 8) !== 0 ||
    (!nullable && (seen & (1 << PRESENCE.null)) !== 0) ||
    (!optional && (seen & (1 << PRESENCE.absent)) !== 0);
  if (isForeign) throw new FrameFault(`field ${JSON.stringify(name)} is null or absent where it cannot be`);
  return seen <= 1 ? null : codes;
}

/** A column of kinds of change from their codes. */
export function rowKindColumn(codes: Uint8Array): DictionaryColumn {
  const values = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    if (code >= ROW_KIND_TEXTS.length) throw new FrameFault(`there is no kind of change ${code}`);
    values[row] = code;
  }
  return { kind: "dictionary", presence: null, values, dictionary: ROW_KIND_TEXTS };
}

/** FrameFault for a byte that is no boolean. */
export function checkBooleans(values: Uint8Array, field: FrameField): void {
  let seen = 0;
  for (let row = 0; row < values.length; row++) seen |= values[row] as number;
  if (seen > 1) throw new FrameFault(`field ${JSON.stringify(field.name)} is a boolean and neither 0 nor 1`);
}

/** One string. FrameFault if it is to be checked and is not valid UTF-8. */
export function textOf(bytes: Uint8Array, offset: number, length: number, options: TextOptions): string {
  if (options.isIllFormed) return decodeWtf8(bytes, offset, length);
  if (!options.checkText) return decodeUtf8(bytes, offset, length);
  try {
    return strict.decode(bytes.subarray(offset, offset + length));
  } catch {
    throw new FrameFault("a string is not valid UTF-8");
  }
}

function textColumn(field: FrameField, cells: CellPlaces, options: TextOptions): Utf8Column {
  const { bytes, offsets, lengths, presence } = cells;
  const rows = lengths.length;
  const strings = options.arrays.strings(rows);
  const column: Utf8Column = { kind: "utf8", presence, bytes, offsets, lengths, strings };
  if (!options.isIllFormed && !options.checkText) return column;
  for (let row = 0; row < rows; row++) {
    const text = textOf(bytes, offsets[row] as number, lengths[row] as number, options);
    strings[row] = text;
    // The bytes of a column are valid UTF-8; what is not is there as a string only.
    if (options.isIllFormed && !text.isWellFormed()) lengths[row] = -1;
  }
  return column;
}

function dictionaryColumn(field: FrameField, cells: CellPlaces, options: TextOptions): DictionaryColumn {
  const { bytes, offsets, lengths, presence } = cells;
  const ids = new Map<string, number>();
  const dictionary: string[] = [];
  const values = options.arrays.int32(lengths.length);
  for (let row = 0; row < lengths.length; row++) {
    const text = textOf(bytes, offsets[row] as number, lengths[row] as number, options);
    let id = ids.get(text);
    if (id === undefined) {
      id = dictionary.push(text) - 1;
      ids.set(text, id);
    }
    values[row] = id;
  }
  return { kind: "dictionary", presence, values, dictionary };
}

function jsonColumn(field: FrameField, cells: CellPlaces): JsonColumn {
  const { bytes, offsets, lengths, presence } = cells;
  const values = new Array<unknown>(lengths.length);
  for (let row = 0; row < lengths.length; row++) {
    const isThere = presence === null || presence[row] === PRESENCE.present;
    values[row] = isThere ? valueOf(field, bytes, offsets[row] as number, lengths[row] as number) : undefined;
  }
  return { kind: "json", presence, values };
}

function valueOf(field: FrameField, bytes: Uint8Array, offset: number, length: number): unknown {
  try {
    return decodeValue(bytes.subarray(offset, offset + length));
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error;
    throw new FrameFault(`field ${JSON.stringify(field.name)} holds no encoded value`);
  }
}
