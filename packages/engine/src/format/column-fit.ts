import { TidemarkError } from "../foundation/error.ts";
import type { RecordBatch } from "../record/batch.ts";
import { cellOf } from "../record/cell.ts";
import { type Column, PRESENCE } from "../record/column.ts";
import { isInt32 } from "../record/column-writer.ts";
import { type Field, layoutOf, VALUE_LAYOUT, type RecordLayout } from "../record/layout.ts";
import { isPlainObject } from "../record/plain-value.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { RecordWriter } from "../record/record-writer.ts";
import { recordOf } from "../record/row-copy.ts";
import { ROW_KIND_FIELD } from "./batch-encoder.ts";
import type { FrameField, FrameLayout } from "./frame-layout.ts";
import { jsonText } from "./json-text.ts";
import type { DecodedRecords, UndecodedRecord } from "./record-decoder.ts";

/** Characters of an invalid record that are kept for messages. */
const RAW_CHARACTERS_MAX = 4_096;

/**
 * Makes columns of a port's schema of columns of a frame. Fields are matched by name, those that the port does not know are left out.
 * Where the port trusts its input and the kinds agree, columns are handed on as they are. Otherwise row by row, as the JSON Lines
 * decoder does it: validated by the schema, then written into columns of its layout.
 */
export interface ColumnFit {
  /** Per field of the frame's layout: whether it is needed. */
  readonly wanted: readonly boolean[];
  fit(columns: readonly (Column | null)[], offsets: Float64Array, length: number): DecodedRecords;
}

/** TM_SOURCE, naming the field, if no row of the layout can be one of the schema's. */
export function columnFit(file: FrameLayout, schema: RecordSchema, input: string): ColumnFit {
  const rows = new RowFit(file, schema);
  const isByColumn = schema.trust && schema.layout.shape === "struct" && file.shape === "struct";
  if (!isByColumn) return { wanted: file.fields.map(() => true), fit: (...frame) => rows.fit(...frame) };
  const steps = schema.layout.fields.map((field) => fieldStep(field, file.fields, input));
  return {
    // All that the port knows, for the rows that only the way by records can judge.
    wanted: file.fields.map((_, index) => steps.some(({ from }) => from === index)),
    fit(columns, offsets, length) {
      const fitted: Column[] = [];
      for (const { from, convert } of steps) {
        const column = convert(from < 0 ? null : (columns[from] ?? null), length);
        if (column === null) return rows.fit(columns, offsets, length);
        fitted.push(column);
      }
      return { layout: schema.layout, length, columns: fitted, offsets, invalid: [] };
    },
  };
}

/** How a column of the port is made. */
interface FieldStep {
  /** Index of the frame's field; -1: there is none. */
  readonly from: number;
  /** Null: only row by row it can be said. */
  convert(column: Column | null, length: number): Column | null;
}

function fieldStep(field: Field, fields: readonly FrameField[], input: string): FieldStep {
  const from = fields.findIndex(({ name }) => name === field.name);
  const found = fields[from];
  if (found === undefined) {
    if (!field.optional) throw refused(`field ${JSON.stringify(field.name)} is missing in it`, input);
    return { from, convert: (_column, length) => absentColumn(field.kind, length) };
  }
  const convert = conversion(found.kind === "rowKind" ? "dictionary" : found.kind, field.kind);
  if (convert === null) {
    const kinds = { field: field.name, wanted: field.kind, held: found.kind };
    throw refused(
      `field ${JSON.stringify(field.name)} is ${found.kind} in it and ${field.kind} in the schema`,
      input,
      kinds,
    );
  }
  return {
    from,
    convert: (column, length) => (column === null || !allows(field, column, length) ? null : convert(column, length)),
  };
}

/** Whether the field allows what the column has of null and absent cells. */
function allows(field: Field, { presence }: Column, length: number): boolean {
  if (presence === null) return true;
  // A json column holds null as it is.
  const allowsNull = field.nullable || field.kind === "json";
  if (allowsNull && field.optional) return true;
  for (let row = 0; row < length; row++) {
    if (presence[row] === PRESENCE.null && !allowsNull) return false;
    if (presence[row] === PRESENCE.absent && !field.optional) return false;
  }
  return true;
}

type Conversion = (column: Column, length: number) => Column | null;

/** Null: no value of the one kind is of the other. */
function conversion(from: Field["kind"], to: Field["kind"]): Conversion | null {
  if (to === "json") return jsonColumn;
  if (from === to) return (column) => column;
  if (from === "int32" && to === "float64") return floats;
  if (from === "float64" && to === "int32") return integers;
  if (from === "dictionary" && to === "utf8") return texts;
  const isByRow = from === "json" || (from === "utf8" && to === "dictionary");
  return isByRow ? () => null : null;
}

function floats(column: Column, length: number): Column | null {
  if (column.kind !== "int32") return null;
  return { kind: "float64", presence: column.presence, values: Float64Array.from(column.values.subarray(0, length)) };
}

function integers(column: Column, length: number): Column | null {
  if (column.kind !== "float64") return null;
  const values = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    const value = column.values[row] as number;
    if (isInt32(value)) values[row] = value;
    else if (column.presence === null || column.presence[row] === PRESENCE.present) return null;
  }
  return { kind: "int32", presence: column.presence, values };
}

function texts(column: Column, length: number): Column | null {
  if (column.kind !== "dictionary") return null;
  const strings = Array.from({ length }, (_, row) => column.dictionary[column.values[row] as number] ?? "");
  return textColumn(column.presence, strings);
}

function jsonColumn(column: Column, length: number): Column {
  const values = Array.from({ length }, (_, row) => cellOf(column, row));
  const presence = column.presence?.map((code) => (code === PRESENCE.null ? PRESENCE.present : code)) ?? null;
  return { kind: "json", presence, values };
}

function textColumn(presence: Uint8Array | null, strings: string[]): Column {
  const { length } = strings;
  return {
    kind: "utf8",
    presence,
    bytes: new Uint8Array(0),
    offsets: new Int32Array(length),
    lengths: new Int32Array(length).fill(-1),
    strings,
  };
}

function absentColumn(kind: Field["kind"], length: number): Column {
  const presence = new Uint8Array(length).fill(PRESENCE.absent);
  switch (kind) {
    case "int32":
      return { kind, presence, values: new Int32Array(length) };
    case "float64":
      return { kind, presence, values: new Float64Array(length) };
    case "boolean":
      return { kind, presence, values: new Uint8Array(length) };
    case "utf8":
      return textColumn(presence, new Array<string>(length).fill(""));
    case "dictionary":
      return { kind, presence, values: new Int32Array(length), dictionary: [""] };
    case "json":
      return { kind, presence, values: new Array<unknown>(length) };
  }
}

/** The way by records. */
class RowFit {
  readonly #file: FrameLayout;
  readonly #schema: RecordSchema;
  readonly #writer: RecordWriter;

  constructor(file: FrameLayout, schema: RecordSchema) {
    this.#file = file;
    this.#schema = schema;
    this.#writer = new RecordWriter(schema.layout);
  }

  fit(columns: readonly (Column | null)[], offsets: Float64Array, length: number): DecodedRecords {
    const rows = rowsOf(this.#file, columns, length);
    const kept = new Float64Array(length);
    const invalid: UndecodedRecord[] = [];
    for (let row = 0; row < length; row++) {
      const record = rows(row);
      const offset = offsets[row] as number;
      const beforeRow = this.#writer.length;
      const why = this.#write(record);
      if (why === null) kept[beforeRow] = offset;
      else invalid.push({ beforeRow, offset, raw: rawText(record), error: new TidemarkError("TM_RECORD", why) });
    }
    const taken = this.#writer.length;
    return { layout: this.#schema.layout, length: taken, columns: this.#writer.take(), offsets: kept, invalid };
  }

  #write(value: unknown): string | null {
    let record = value;
    if (!this.#schema.trust) {
      const result = this.#schema.validate(value);
      if (!result.ok) return `the record does not fit the schema: ${result.issues}`;
      record = result.value;
    }
    const misfit = this.#writer.append(record);
    return misfit === null ? null : `the record does not fit its columns: ${misfit.message}`;
  }
}

/** The records of a frame, as its JSON Lines would have them. */
function rowsOf(file: FrameLayout, columns: readonly (Column | null)[], length: number): (row: number) => unknown {
  const here = file.fields.map((field, index) => ({ field, column: columns[index] ?? null }));
  const there = here.flatMap(({ field, column }) => (column === null ? [] : [{ field, column }]));
  const isValue = file.shape === "value";
  const hasRowKind = there[0]?.field.kind === "rowKind";
  const layout =
    isValue && !hasRowKind
      ? VALUE_LAYOUT
      : layoutOf(there.map(({ field, column }) => ({ ...field, kind: column.kind })));
  const batch = batchOf(
    layout,
    there.map(({ column }) => column),
    length,
  );
  if (!isValue || !hasRowKind) return (row) => recordOf(batch, row);
  const [kinds, values] = batch.columns as [Column, Column];
  return (row) => changeOf(cellOf(kinds, row), cellOf(values, row));
}

/** The fields of an object stand beside the kind of change, anything else under "value". */
function changeOf(kind: unknown, value: unknown): unknown {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value) && isPlainObject(value);
  return isRecord && !Object.hasOwn(value, ROW_KIND_FIELD)
    ? { [ROW_KIND_FIELD]: kind, ...value }
    : { [ROW_KIND_FIELD]: kind, value };
}

function batchOf(layout: RecordLayout, columns: readonly Column[], length: number): RecordBatch {
  const none = new Float64Array(0);
  return { layout, length, columns, timestamps: none, watermarks: none, rowKinds: null, keys: null, origin: null };
}

function rawText(record: unknown): string {
  return jsonText(record).slice(0, RAW_CHARACTERS_MAX);
}

function refused(why: string, input: string, facts: Readonly<Record<string, string>> = {}): TidemarkError {
  return new TidemarkError(
    "TM_SOURCE",
    `the input does not fit the schema of the port: ${why}. Mend the schema, or write the file anew`,
    {
      facts: { input, ...facts },
    },
  );
}
