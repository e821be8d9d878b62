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

/** Strings of a dictionary; it is made of strings once, however many batches use it. Indices of 32 bits are a view. */
export function readDictionary(data: Data, range: RowRange): Column {
  const { presence, values, entries } = readIndices(data, range);
  return { kind: "dictionary", presence, values, dictionary: entries.texts };
}

/** The same as a column of strings, which share those of the dictionary. */
export function readDictionaryText(data: Data, range: RowRange): Column {
  const { presence, values, entries } = readIndices(data, range);
  const strings = new Array<string>(range.rows);
  for (let row = 0; row < range.rows; row++) strings[row] = entries.texts[values[row] as number] ?? "";
  return texts(strings, presence);
}

interface Indices {
  readonly presence: Uint8Array | null;
  readonly values: Int32Array;
  readonly entries: Entries;
}

function readIndices(data: Data, { from, rows, presence, nullCode }: RowRange): Indices {
  const entries = entriesOf(data.dictionary);
  const indices = cellsOf(data, from, rows);
  let values = indices instanceof Int32Array ? indices : Int32Array.from(indices, Number);
  const count = entries.texts.length;
  for (let row = 0; row < rows; row++) {
    const index = values[row] as number;
    if (index >= 0 && index < count) continue;
    if (presence === null || presence[row] === PRESENCE.present)
      throw new VectorFault(`it refers to entry ${index} of its dictionary`);
    // A cell that is null may hold anything; what reads a column without a look at that finds an entry.
    if (values === indices) values = values.slice();
    values[row] = 0;
  }
  return { presence: withNulls(presence, values, { entries, nullCode }), values, entries };
}

/** Entries of a dictionary may be null too. */
function withNulls(
  presence: Uint8Array | null,
  values: Int32Array,
  { entries, nullCode }: { entries: Entries; nullCode: number },
): Uint8Array | null {
  const { nulls } = entries;
  if (nulls.size === 0) return presence;
  const both = presence?.slice() ?? new Uint8Array(values.length);
  for (let row = 0; row < values.length; row++)
    if (both[row] === PRESENCE.present && nulls.has(values[row] as number)) both[row] = nullCode;
  return both;
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
  /** The numbers of those that are null. */
  readonly nulls: ReadonlySet<number>;
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
  const made: Entries = { texts: values.map((value) => value ?? ""), nulls };
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
