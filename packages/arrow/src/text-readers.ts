import type { Column } from "@tidemark/engine/connector";
import { PRESENCE } from "@tidemark/engine/files";
import { Vector, type Data } from "apache-arrow";
import { cellsOf, tooShort } from "./number-readers.ts";
import { checkVector } from "./vector-check.ts";
import { VectorFault } from "./vector-fault.ts";
import type { RowRange } from "./row-range.ts";

const NO_BYTES = new Uint8Array(0);

/** Strings with offsets of 32 bits: bytes and offsets are views. */
export function readText(data: Data, range: RowRange): Column {
  const { from, rows } = range;
  const offsets = data.valueOffsets as Int32Array;
  if (rows > 0 && offsets.length < from + rows + 1) throw tooShort();
  return textColumn(data.values as Uint8Array, offsets.subarray(from, from + rows + 1), range);
}

/** Strings with offsets of 64 bits. */
export function readLongText(data: Data, range: RowRange): Column {
  const { from, rows } = range;
  const offsets = data.valueOffsets as unknown as BigInt64Array;
  if (rows > 0 && offsets.length < from + rows + 1) throw tooShort();
  return textColumn(data.values as Uint8Array, Int32Array.from(offsets.subarray(from, from + rows + 1), Number), range);
}

/** Strings that lie in several buffers, which the library puts together. */
export function readViewText(data: Data, { from, rows, presence }: RowRange): Column {
  checkVector(data);
  const vector = new Vector([data]);
  return texts(
    Array.from({ length: rows }, (_, row) => (vector.get(from + row) as string | null) ?? ""),
    presence,
  );
}

/** Values as JSON texts. VectorFault where one is none. */
export function readJsonText(data: Data, { from, rows, presence }: RowRange): Column {
  checkVector(data);
  const vector = new Vector([data]);
  const values = Array.from({ length: rows }, (_, row): unknown =>
    presence === null || presence[row] === PRESENCE.present ? parsed(vector.get(from + row)) : undefined,
  );
  return { kind: "json", presence, values };
}

/** Strings of a dictionary; it is made of strings once, however many batches use it. */
export function readDictionary(data: Data, { from, rows, presence }: RowRange): Column {
  const entries = entriesOf(data.dictionary);
  const indices = cellsOf(data, from, rows);
  const values = new Int32Array(rows);
  let present = presence;
  for (let row = 0; row < rows; row++) {
    if (presence !== null && presence[row] !== PRESENCE.present) continue;
    const index = Number(indices[row]);
    if (!(index >= 0 && index < entries.texts.length))
      throw new VectorFault(`it refers to entry ${index} of its dictionary`);
    values[row] = index;
    if (!entries.isNull(index)) continue;
    present = present === null || present === presence ? (presence?.slice() ?? new Uint8Array(rows)) : present;
    present[row] = PRESENCE.null;
  }
  return { kind: "dictionary", presence: present, values, dictionary: entries.texts };
}

/** A column of strings that have no bytes. */
export function texts(strings: string[], presence: Uint8Array | null): Column {
  const rows = strings.length;
  return {
    kind: "utf8",
    presence,
    bytes: NO_BYTES,
    offsets: new Int32Array(rows),
    lengths: new Int32Array(rows).fill(-1),
    strings,
  };
}

interface Entries {
  readonly texts: readonly string[];
  isNull(index: number): boolean;
}

const known = new WeakMap<Vector, Entries>();

function entriesOf(dictionary: Vector | undefined): Entries {
  if (dictionary === undefined) throw new VectorFault("its dictionary does not stand before it");
  const before = known.get(dictionary);
  if (before !== undefined) return before;
  for (const part of dictionary.data) checkVector(part as Data);
  const values = Array.from(dictionary as Iterable<string | null>);
  const nulls = new Set<number>();
  for (const [index, value] of values.entries()) if (value === null) nulls.add(index);
  const made: Entries = {
    texts: values.map((value) => value ?? ""),
    isNull: nulls.size === 0 ? () => false : (index) => nulls.has(index),
  };
  known.set(dictionary, made);
  return made;
}

/** `bounds`: where each string begins, and where the last one ends. */
function textColumn(bytes: Uint8Array, bounds: Int32Array, range: RowRange): Column {
  const { rows, presence } = range;
  const offsets = bounds.subarray(0, rows);
  const lengths = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const length = (bounds[row + 1] as number) - (bounds[row] as number);
    if (length < 0) throw new VectorFault("the offsets of its strings go back");
    lengths[row] = length;
  }
  if (rows > 0 && ((bounds[0] as number) < 0 || (bounds[rows] as number) > bytes.length)) throw tooShort();
  if (range.checkText && rows > 0) checkText(bytes, bounds, range);
  return { kind: "utf8", presence, bytes, offsets, lengths, strings: new Array<string | undefined>(rows) };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** All at once where all is well; a cell that is null may hold anything. */
function checkText(bytes: Uint8Array, bounds: Int32Array, { rows, presence }: RowRange): void {
  const isWhole = isUtf8(bytes.subarray(bounds[0], bounds[rows]));
  for (let row = 0; row < rows; row++) {
    if (presence !== null && presence[row] !== PRESENCE.present) continue;
    const from = bounds[row] as number;
    const to = bounds[row + 1] as number;
    const isCut = from < to && ((bytes[from] as number) & 0xc0) === 0x80;
    if (isWhole ? isCut : !isUtf8(bytes.subarray(from, to))) throw new VectorFault("a string of it is not valid UTF-8");
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(text as string) as unknown;
  } catch {
    throw new VectorFault(`it is said to be JSON and holds ${String(text).slice(0, 100)}`);
  }
}
