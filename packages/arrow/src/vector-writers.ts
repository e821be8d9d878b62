import { TidemarkError, type Column } from "@tidemark/engine/connector";
import { cellOf, jsonText, PRESENCE } from "@tidemark/engine/files";
import { makeData, makeVector, Utf8, type Data, type Dictionary } from "apache-arrow";
import type { WrittenField } from "./arrow-schema.ts";
import { TextBytes } from "./text-bytes.ts";

type Float64Column = Extract<Column, { readonly kind: "float64" }>;

/** Cells of one field of one batch; null: it has none. */
export interface Cells {
  readonly column: Column | null;
  readonly rows: number;
}

/** The cells of several batches as one vector. Cells that are null or absent are null in it, but JSON has a null of its own. */
export function cellsAsVector(field: WrittenField, parts: readonly Cells[], length: number): Data {
  const { nullBitmap, nullCount } = nulls(parts, length);
  const common = { length, nullCount, nullBitmap };
  const { type } = field;
  switch (field.form) {
    case "int32":
      return makeData({ ...common, type, data: fill(new Int32Array(length), field, parts, ["int32"]) } as never);
    case "float64":
      return makeData({
        ...common,
        type,
        data: fill(new Float64Array(length), field, parts, ["float64", "int32"]),
      } as never);
    case "boolean":
      return makeData({ ...common, type, data: bits(field, parts, length) } as never);
    case "timestamp":
      return makeData({ ...common, type, data: times(field, parts, length) } as never);
    case "dictionary":
    case "rowKind":
      return dictionary(field, parts, common);
    case "utf8":
    case "json":
      return makeData({ ...common, type, ...textBuffers(field, parts) } as never);
  }
}

type Common = { readonly length: number; readonly nullCount: number; readonly nullBitmap: Uint8Array | null };

function nulls(parts: readonly Cells[], length: number): Pick<Common, "nullCount" | "nullBitmap"> {
  if (parts.every(({ column }) => column !== null && column.presence === null))
    return { nullCount: 0, nullBitmap: null };
  // Arrow pads a bitmap to eight bytes.
  const nullBitmap = new Uint8Array(Math.ceil(length / 64) * 8);
  let nullCount = 0;
  let at = 0;
  for (const { column, rows } of parts) {
    for (let row = 0; row < rows; row++, at++) {
      if (column !== null && isPresent(column, row))
        nullBitmap[at >> 3] = (nullBitmap[at >> 3] as number) | (1 << (at & 7));
      else nullCount++;
    }
  }
  return { nullCount, nullBitmap };
}

/** A null of a json column is written as JSON. */
function isPresent({ kind, presence }: Column, row: number): boolean {
  const code = presence === null ? PRESENCE.present : presence[row];
  return code === PRESENCE.present || (kind === "json" && code === PRESENCE.null);
}

function fill<A extends Int32Array | Float64Array>(
  to: A,
  field: WrittenField,
  parts: readonly Cells[],
  kinds: readonly Column["kind"][],
): A {
  let at = 0;
  for (const { column, rows } of parts) {
    if (column !== null) {
      if (!kinds.includes(column.kind)) throw misfit(field, column);
      to.set((column as Float64Column).values.subarray(0, rows), at);
    }
    at += rows;
  }
  return to;
}

function bits(field: WrittenField, parts: readonly Cells[], length: number): Uint8Array {
  const packed = new Uint8Array(Math.ceil(length / 64) * 8);
  let at = 0;
  for (const { column, rows } of parts) {
    if (column !== null && column.kind !== "boolean") throw misfit(field, column);
    for (let row = 0; row < rows; row++, at++)
      if (column?.values[row] === 1) packed[at >> 3] = (packed[at >> 3] as number) | (1 << (at & 7));
  }
  return packed;
}

function times(field: WrittenField, parts: readonly Cells[], length: number): BigInt64Array {
  const numbers = fill(new Float64Array(length), field, parts, ["float64", "int32"]);
  const times64 = new BigInt64Array(length);
  let at = 0;
  for (const { column, rows } of parts) {
    for (let row = 0; row < rows; row++, at++) {
      if (column === null || !isPresent(column, row)) continue;
      const ms = numbers[at] as number;
      if (!Number.isSafeInteger(ms)) {
        throw new TidemarkError(
          "TM_RECORD",
          `field ${jsonText(field.name)} is written as a timestamp and holds ${ms}, which is no whole number of milliseconds`,
        );
      }
      times64[at] = BigInt(ms);
    }
  }
  return times64;
}

function dictionary(field: WrittenField, parts: readonly Cells[], common: Common): Data {
  const numbers = new Map<string, number>();
  const numberOf = (text: string): number => {
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, numbers.size);
    return numbers.size - 1;
  };
  const indices = new Int32Array(common.length);
  let at = 0;
  for (const { column, rows } of parts) {
    if (column === null) at += rows;
    else if (column.kind === "dictionary") {
      const entries = new Int32Array(column.dictionary.length).fill(-1);
      for (let row = 0; row < rows; row++, at++) {
        const entry = column.values[row] as number;
        if (!isPresent(column, row)) continue;
        if (entries[entry] === -1) entries[entry] = numberOf(column.dictionary[entry] as string);
        indices[at] = entries[entry] as number;
      }
    } else if (column.kind === "utf8") {
      for (let row = 0; row < rows; row++, at++)
        if (isPresent(column, row)) indices[at] = numberOf(cellOf(column, row) as string);
    } else throw misfit(field, column);
  }
  const texts = new TextBytes(numbers.size, field.name);
  for (const text of numbers.keys()) texts.add(text);
  const { valueOffsets, data } = texts.take();
  const entries = makeVector(makeData({ type: new Utf8(), length: numbers.size, nullCount: 0, valueOffsets, data }));
  return makeData({ ...common, type: field.type as Dictionary, data: indices, dictionary: entries } as never);
}

function textBuffers(field: WrittenField, parts: readonly Cells[]): { valueOffsets: Int32Array; data: Uint8Array } {
  const texts = new TextBytes(
    parts.reduce((sum, { rows }) => sum + rows, 0),
    field.name,
  );
  for (const { column, rows } of parts) {
    for (let row = 0; row < rows; row++) {
      if (column === null || !isPresent(column, row)) texts.add("");
      else if (field.form === "json") texts.add(jsonText(cellOf(column, row)));
      else if (column.kind === "utf8" && (column.lengths[row] as number) >= 0) {
        const offset = column.offsets[row] as number;
        texts.addBytes(column.bytes, offset, column.lengths[row] as number);
      } else if (column.kind === "utf8" || column.kind === "dictionary") texts.add(cellOf(column, row) as string);
      else throw misfit(field, column);
    }
  }
  return texts.take();
}

function misfit({ name, form }: WrittenField, { kind }: Column): TidemarkError {
  return new TidemarkError(
    "TM_SINK_CHANGED",
    `field ${jsonText(name)} of an Arrow stream is ${form}, and a record for it has ${kind}. Give each record the same kind of value, or declare it with a schema`,
    { facts: { field: name, form, found: kind } },
  );
}
