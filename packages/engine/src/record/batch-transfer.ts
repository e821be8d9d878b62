import type { BatchOrigin, RecordBatch } from "./batch.ts";
import { byteKeys } from "./byte-keys.ts";
import type { Column, DictionaryColumn, JsonColumn, Utf8Column } from "./column.ts";
import { integerKeys } from "./integer-keys.ts";
import type { KeyColumn } from "./key-column.ts";
import { type Field, layoutOf, type RecordLayout, VALUE_LAYOUT } from "./layout.ts";
import { pairKeys } from "./pair-keys.ts";
import { tupleColumn } from "./tuple-column.ts";
import { decodeValue, encodeValue } from "./value-codec.ts";
import { encodeWtf8 } from "./wtf8.ts";

/** A batch as a structured-cloneable message: all numbers and bytes in one buffer, to be transferred. Of this process and version only. */
export interface PackedBatch {
  readonly shape: RecordLayout["shape"];
  readonly fields: readonly Field[];
  readonly length: number;
  readonly columns: readonly PackedColumn[];
  readonly timestamps: Part;
  readonly watermarks: Part;
  readonly rowKinds: Part | null;
  readonly keys: PackedKeys | null;
  readonly origin: { readonly port: string; readonly split: string; readonly offsets: Part } | null;
  readonly buffer: ArrayBuffer;
}

/** Where an array is in the buffer: byte offset and byte length. */
type Part = readonly [offset: number, bytes: number];

type PackedKeys =
  | { readonly integers: Part }
  | { readonly first: Part; readonly second: Part }
  | { readonly bytes: Part; readonly offsets: Part; readonly lengths: Part; readonly hashes: Part };

interface PackedColumn {
  readonly kind: Column["kind"];
  readonly presence: Part | null;
  readonly values: Part;
  /** utf8 and json: where each cell's bytes are. */
  readonly cells?: { readonly offsets: Part; readonly lengths: Part };
  /** utf8: strings that are not valid UTF-8, by row. */
  readonly strings?: readonly (readonly [row: number, text: string])[];
  readonly dictionary?: readonly string[];
  /** json: a column of arrays that is held in parts, and how many arrays; it has no values then. */
  readonly tuple?: { readonly parts: readonly PackedColumn[]; readonly rows: number };
}

const NO_PART: Part = [0, 0];
const NO_BYTES: Pick<Utf8Column, "bytes" | "offsets"> = { bytes: new Uint8Array(0), offsets: new Int32Array(0) };

type AnyArray = Uint8Array | Int32Array | Uint32Array | Float64Array;

/** Collects arrays and lays them out in one buffer, each aligned to 8 bytes. */
class PartWriter {
  readonly #arrays: AnyArray[] = [];
  #size = 0;

  add(array: AnyArray): Part {
    const part: Part = [this.#size, array.byteLength];
    this.#arrays.push(array);
    this.#size += (array.byteLength + 7) & ~7;
    return part;
  }

  finish(): ArrayBuffer {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const array of this.#arrays) {
      bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
      at += (array.byteLength + 7) & ~7;
    }
    return bytes.buffer;
  }
}

/**
 * Copies what a batch uses (its rows, their bytes, the dictionary entries they name) into a message for a port. TM_STATE_VALUE for a json
 * cell that is no plain data.
 */
export function packBatch(batch: RecordBatch): { message: PackedBatch; transfer: ArrayBuffer[] } {
  const { length, layout, rowKinds, origin } = batch;
  const parts = new PartWriter();
  const packed = {
    shape: layout.shape,
    fields: layout.fields.map((field) => ({ ...field })),
    length,
    columns: batch.columns.map((column) => packColumn(column, length, parts)),
    timestamps: parts.add(batch.timestamps.subarray(0, length)),
    watermarks: parts.add(batch.watermarks.subarray(0, length)),
    rowKinds: rowKinds === null ? null : parts.add(rowKinds.subarray(0, length)),
    keys: batch.keys === null ? null : packKeys(batch.keys, length, parts),
    origin:
      origin === null
        ? null
        : { port: origin.port, split: origin.split, offsets: parts.add(origin.offsets.subarray(0, length)) },
  };
  const buffer = parts.finish();
  return { message: { ...packed, buffer }, transfer: [buffer] };
}

/** The batch of a message that {@link packBatch} made; owns the message's buffer. */
export function unpackBatch(message: PackedBatch): RecordBatch {
  const { buffer, keys, origin } = message;
  const bytes = ([offset, size]: Part): Uint8Array => new Uint8Array(buffer, offset, size);
  const ints = ([offset, size]: Part): Int32Array => new Int32Array(buffer, offset, size / 4);
  const floats = ([offset, size]: Part): Float64Array => new Float64Array(buffer, offset, size / 8);
  const unpackedKeys = (part: PackedKeys): KeyColumn => {
    if ("integers" in part) return integerKeys(floats(part.integers));
    if ("first" in part) return pairKeys({ first: floats(part.first), second: floats(part.second) });
    return byteKeys({
      bytes: bytes(part.bytes),
      offsets: ints(part.offsets),
      lengths: ints(part.lengths),
      hashes: new Uint32Array(buffer, part.hashes[0], part.hashes[1] / 4),
    });
  };
  const unpackedOrigin = (part: NonNullable<PackedBatch["origin"]>): BatchOrigin => ({
    port: part.port,
    split: part.split,
    offsets: floats(part.offsets),
  });
  return {
    layout: message.shape === "value" ? VALUE_LAYOUT : layoutOf(message.fields),
    length: message.length,
    columns: message.columns.map((column) => unpackColumn(column, { bytes, ints, floats })),
    timestamps: floats(message.timestamps),
    watermarks: floats(message.watermarks),
    rowKinds: message.rowKinds === null ? null : bytes(message.rowKinds),
    keys: keys === null ? null : unpackedKeys(keys),
    origin: origin === null ? null : unpackedOrigin(origin),
  };
}

function packColumn(column: Column, length: number, parts: PartWriter): PackedColumn {
  const { kind } = column;
  const presence = column.presence === null ? null : parts.add(column.presence.subarray(0, length));
  switch (column.kind) {
    case "utf8":
      return { kind, presence, ...packStrings(column, length, parts) };
    case "dictionary":
      return { kind, presence, ...packDictionary(column, length, parts) };
    case "json": {
      if (column.parts === undefined) return { kind, presence, ...packJson(column, length, parts) };
      const tuple = { parts: column.parts.map((part) => packColumn(part, length, parts)), rows: length };
      return { kind, presence, values: NO_PART, tuple };
    }
    default:
      return { kind, presence, values: parts.add(column.values.subarray(0, length)) };
  }
}

/** Finds arrays in a message's buffer. */
interface PartReader {
  bytes(part: Part): Uint8Array;
  ints(part: Part): Int32Array;
  floats(part: Part): Float64Array;
}

function unpackColumn(packed: PackedColumn, read: PartReader): Column {
  const { kind, values, cells = { offsets: NO_PART, lengths: NO_PART }, tuple } = packed;
  const presence = packed.presence === null ? null : read.bytes(packed.presence);
  switch (kind) {
    case "int32":
      return { kind, presence, values: read.ints(values) };
    case "float64":
      return { kind, presence, values: read.floats(values) };
    case "boolean":
      return { kind, presence, values: read.bytes(values) };
    case "dictionary":
      return { kind, presence, values: read.ints(values), dictionary: packed.dictionary ?? [] };
    case "utf8": {
      const offsets = read.ints(cells.offsets);
      const strings: (string | undefined)[] = new Array<string | undefined>(offsets.length).fill(undefined);
      for (const [row, text] of packed.strings ?? []) strings[row] = text;
      return { kind, presence, bytes: read.bytes(values), offsets, lengths: read.ints(cells.lengths), strings };
    }
    case "json": {
      if (tuple !== undefined)
        return tupleColumn(
          tuple.parts.map((part) => unpackColumn(part, read)),
          tuple.rows,
        );
      const bytes = read.bytes(values);
      const offsets = read.ints(cells.offsets);
      const lengths = read.ints(cells.lengths);
      return {
        kind,
        presence,
        values: Array.from(offsets, (offset, row) => decodeValue(bytes.subarray(offset, offset + (lengths[row] ?? 0)))),
      };
    }
  }
}

function packStrings(
  column: Utf8Column,
  length: number,
  parts: PartWriter,
): Pick<PackedColumn, "values" | "cells" | "strings"> {
  const lengths = column.lengths.slice(0, length);
  const encoded = new Map<number, Uint8Array>();
  const illFormed: (readonly [number, string])[] = [];
  for (let row = 0; row < length; row++) {
    if ((lengths[row] as number) >= 0) continue;
    const text = column.strings[row] ?? "";
    if (text.isWellFormed()) {
      const bytes = encodeWtf8(text);
      encoded.set(row, bytes);
      lengths[row] = bytes.length;
    } else {
      // Column bytes are valid UTF-8; a lone surrogate travels as a string.
      illFormed.push([row, text]);
    }
  }
  const packed = packCells(column, encoded, lengths, parts);
  return illFormed.length === 0 ? packed : { ...packed, strings: illFormed };
}

function packJson(column: JsonColumn, length: number, parts: PartWriter): Pick<PackedColumn, "values" | "cells"> {
  const encoded = new Map<number, Uint8Array>();
  const lengths = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    const bytes = encodeValue(column.values[row]);
    encoded.set(row, bytes);
    lengths[row] = bytes.length;
  }
  return packCells(NO_BYTES, encoded, lengths, parts);
}

/** Bytes of each row from `encoded`, or else from the column; none where the length is -1. Takes over `lengths`. */
function packCells(
  column: Pick<Utf8Column, "bytes" | "offsets">,
  encoded: ReadonlyMap<number, Uint8Array>,
  lengths: Int32Array,
  parts: PartWriter,
): Required<Pick<PackedColumn, "values" | "cells">> {
  const offsets = new Int32Array(lengths.length);
  let size = 0;
  for (let row = 0; row < lengths.length; row++) {
    offsets[row] = size;
    size += Math.max(0, lengths[row] as number);
  }
  const bytes = new Uint8Array(size);
  for (let row = 0; row < lengths.length; row++) {
    const from = encoded.size === 0 ? undefined : encoded.get(row);
    if (from === undefined)
      copyBytes(column.bytes, column.offsets[row] as number, lengths[row] as number, bytes, offsets[row] as number);
    else bytes.set(from, offsets[row]);
  }
  return { values: parts.add(bytes), cells: { offsets: parts.add(offsets), lengths: parts.add(lengths) } };
}

/** A loop where a call would cost more than the bytes. */
function copyBytes(from: Uint8Array, offset: number, length: number, to: Uint8Array, at: number): void {
  if (length > 64) {
    to.set(from.subarray(offset, offset + length), at);
    return;
  }
  for (let i = 0; i < length; i++) to[at + i] = from[offset + i] as number;
}

function packDictionary(
  column: DictionaryColumn,
  length: number,
  parts: PartWriter,
): Pick<PackedColumn, "values" | "dictionary"> {
  const used = new Map<number, number>();
  const dictionary: string[] = [];
  const values = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    const id = column.values[row] ?? 0;
    let short = used.get(id);
    if (short === undefined) {
      short = dictionary.push(column.dictionary[id] ?? "") - 1;
      used.set(id, short);
    }
    values[row] = short;
  }
  return { values: parts.add(values), dictionary };
}

function packKeys(keys: KeyColumn, length: number, parts: PartWriter): PackedKeys {
  const { integers, pairs } = keys;
  if (integers !== null) return { integers: parts.add(integers.subarray(0, length)) };
  if (pairs !== null) {
    return { first: parts.add(pairs.first.subarray(0, length)), second: parts.add(pairs.second.subarray(0, length)) };
  }
  const offsets = new Int32Array(length);
  const bytes = new Uint8Array(sizeOf(keys, length));
  // Rows that share bytes go on sharing them; where each row's are behind the row's before, none does.
  const moved = isAscending(keys.offsets, length) ? null : new Map<number, number>();
  let size = 0;
  for (let row = 0; row < length; row++) {
    const from = keys.offsets[row] as number;
    const known = moved?.get(from);
    offsets[row] = known ?? size;
    if (known !== undefined) continue;
    const count = keys.lengths[row] as number;
    copyBytes(keys.bytes, from, count, bytes, size);
    moved?.set(from, size);
    // An empty piece would share its place with the next one, but no canonical key is empty.
    size += count;
  }
  return {
    bytes: parts.add(bytes.subarray(0, size)),
    offsets: parts.add(offsets),
    lengths: parts.add(keys.lengths.subarray(0, length)),
    hashes: parts.add(keys.hashes.subarray(0, length)),
  };
}

/** The bytes of all rows, were none of them shared. */
function sizeOf(keys: KeyColumn, length: number): number {
  let size = 0;
  for (let row = 0; row < length; row++) size += keys.lengths[row] as number;
  return size;
}

function isAscending(values: Int32Array, length: number): boolean {
  for (let i = 1; i < length; i++) if ((values[i] as number) <= (values[i - 1] as number)) return false;
  return true;
}
