import { TidemarkError } from "../foundation/error.ts";
import type { RecordBatch } from "../record/batch.ts";
import type { RecordLayout } from "../record/layout.ts";
import { cellOf, readString } from "../record/cell.ts";
import { PRESENCE, type Column } from "../record/column.ts";
import { ROW_KIND_FIELD, ROW_KIND_TEXTS, type BatchEncoder } from "./batch-encoder.ts";
import { JsonBytes } from "./json-bytes.ts";
import { jsonText } from "./json-text.ts";

/**
 * Encodes batches as JSON Lines: one record a line, fields in the layout's order, values as `jsonText` writes them. A line of a
 * changelog stream begins with "op": "+I", "-U", "+U" or "-D"; if its record is no object, it follows as "value".
 */
export function jsonLinesEncoder(): BatchEncoder {
  return new JsonLinesEncoder();
}

const OPEN = 0x7b;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const LINE_FEED = 0x0a;

class JsonLinesEncoder implements BatchEncoder {
  readonly #utf8 = new TextEncoder();
  readonly #bytes = new JsonBytes();
  readonly #operations = ROW_KIND_TEXTS.map((text) => this.#utf8.encode(`"${ROW_KIND_FIELD}":"${text}"`));
  #layout: RecordLayout | null = null;
  /** `"name":` of each field. */
  #names: readonly Uint8Array[] = [];

  header(): null {
    return null;
  }

  encode(batch: RecordBatch): Uint8Array {
    // A record that could not be written may have left the beginning of its batch behind.
    this.#bytes.reset();
    if (batch.rowKinds !== null) refuseRowKindField(batch.layout);
    if (batch.layout.shape === "struct") this.#structs(batch);
    else for (let row = 0; row < batch.length; row++) this.#value(batch, row);
    return this.#bytes.take();
  }

  #structs(batch: RecordBatch): void {
    if (batch.layout !== this.#layout) {
      this.#layout = batch.layout;
      this.#names = batch.layout.fields.map(({ name }) => this.#utf8.encode(`${JSON.stringify(name)}:`));
    }
    const bytes = this.#bytes;
    const { columns, rowKinds, length } = batch;
    for (let row = 0; row < length; row++) {
      bytes.byte(OPEN);
      if (rowKinds !== null) {
        bytes.raw(this.#operations[rowKinds[row] as number] as Uint8Array);
        bytes.byte(COMMA);
      }
      for (let index = 0; index < columns.length; index++) {
        const column = columns[index] as Column;
        const presence = column.presence === null ? PRESENCE.present : column.presence[row];
        if (presence === PRESENCE.absent) continue;
        const isNull = presence === PRESENCE.null;
        if (!isNull && isUndefined(column, row)) continue;
        bytes.raw(this.#names[index] as Uint8Array);
        if (isNull) bytes.text("null");
        else writeCell(bytes, column, row);
        bytes.byte(COMMA);
      }
      bytes.closeObject();
      bytes.byte(LINE_FEED);
    }
  }

  #value(batch: RecordBatch, row: number): void {
    const { rowKinds } = batch;
    const value = cellOf(batch.columns[0] as Column, row);
    const text = jsonText(value);
    const bytes = this.#bytes;
    if (rowKinds === null) bytes.text(text);
    else {
      bytes.byte(OPEN);
      bytes.raw(this.#operations[rowKinds[row] as number] as Uint8Array);
      if (!text.startsWith("{")) bytes.text(`,"value":${text}}`);
      else {
        if (Object.hasOwn(value as object, ROW_KIND_FIELD)) throw rowKindFieldTaken();
        bytes.text(text === "{}" ? "}" : `,${text.slice(1)}`);
      }
    }
    bytes.byte(LINE_FEED);
  }
}

function writeCell(bytes: JsonBytes, column: Column, row: number): void {
  switch (column.kind) {
    case "int32":
    case "float64":
      bytes.number(column.values[row] as number);
      return;
    case "boolean":
      bytes.text(column.values[row] === 1 ? "true" : "false");
      return;
    case "utf8": {
      const size = column.lengths[row] as number;
      if (size >= 0 && bytes.stringOfBytes(column.bytes, column.offsets[row] as number, size)) return;
      bytes.string(column.strings[row] ?? readString(column, row));
      return;
    }
    case "dictionary":
      bytes.string(column.dictionary[column.values[row] as number] as string);
      return;
    case "json":
      if (column.parts === undefined) bytes.text(jsonText(column.values[row]));
      else writeTuple(bytes, column.parts, row);
      return;
  }
}

function isUndefined(column: Column, row: number): boolean {
  return column.kind === "json" && column.parts === undefined && column.values[row] === undefined;
}

/** An array that is held in parts, without making it. */
function writeTuple(bytes: JsonBytes, parts: readonly Column[], row: number): void {
  bytes.byte(OPEN_ARRAY);
  for (let part = 0; part < parts.length; part++) {
    if (part > 0) bytes.byte(COMMA);
    writeCell(bytes, parts[part] as Column, row);
  }
  bytes.byte(CLOSE_ARRAY);
}

/** A record's own field of that name would hide the row kind, or be hidden by it. */
export function refuseRowKindField(layout: RecordLayout): void {
  if (layout.fields.some((field) => field.name === ROW_KIND_FIELD)) throw rowKindFieldTaken();
}

function rowKindFieldTaken(): TidemarkError {
  return new TidemarkError(
    "TM_SCHEMA",
    `records of a changelog stream cannot have a field "${ROW_KIND_FIELD}": the sink writes the kind of change under that name. Rename it in a map before the sink`,
  );
}
