import { TidemarkError } from "../foundation/error.ts";
import type { Field, RecordLayout } from "../record/layout.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { CsvRecordEnd, parseCsvRecord, type CsvCell } from "./csv-record.ts";
import { RecordCutter } from "./record-cutter.ts";
import { Malformed, NO_RECORD, RecordDecoder, type RecordSyntax } from "./record-decoder.ts";

/** A decoder of CSV and the names of its columns, which a resumed one must be given again. */
export interface CsvDecoder {
  readonly decoder: RecordDecoder;
  /** The header; null until it was read. */
  columnNames(): readonly string[] | null;
}

/**
 * Decodes CSV (RFC 4180, UTF-8) whose first record names the columns, from stream offset `offset`, which is the beginning of a
 * record. A malformed header throws TM_SOURCE from `decode`; a row with more or fewer cells than the header is invalid.
 *
 * A cell becomes what its field's kind asks for: a number, a boolean (true, false, 1, 0), a string, or for any other value the
 * cell read as JSON where it is JSON. An empty cell of an optional field is absent, of a nullable one null; in quotes it is the
 * empty string. Where the schema refuses that (say it turns text into a number itself) the cells are offered as texts.
 */
export function csvDecoder(options: {
  schema: RecordSchema;
  offset: number;
  delimiter: string;
  /** Names the input in errors. */
  input: string;
  columnNames: readonly string[] | null;
  recordBytesMax?: number;
}): CsvDecoder {
  const { schema, offset, delimiter, recordBytesMax } = options;
  const syntax = new CsvSyntax(options);
  const limit = recordBytesMax === undefined ? {} : { bytesMax: recordBytesMax };
  const cutter = new RecordCutter({
    recordEnd: new CsvRecordEnd({ delimiter, isStreamStart: offset === 0 }),
    offset,
    ...limit,
  });
  return { decoder: new RecordDecoder({ cutter, syntax, schema }), columnNames: () => syntax.columnNames };
}

class CsvSyntax implements RecordSyntax {
  columnNames: readonly string[] | null;
  readonly #delimiter: string;
  readonly #input: string;
  readonly #fields: ReadonlyMap<string, Field>;
  #cells: readonly CsvCell[] = [];

  constructor(options: {
    schema: RecordSchema;
    delimiter: string;
    input: string;
    columnNames: readonly string[] | null;
  }) {
    this.columnNames = options.columnNames;
    this.#delimiter = options.delimiter;
    this.#input = options.input;
    this.#fields = fieldsByName(options.schema.layout);
  }

  decode(text: string): unknown {
    if (text === "") return NO_RECORD;
    const cells = parseCsvRecord(text, this.#delimiter);
    if (this.columnNames === null) {
      this.columnNames = headerNames(cells, this.#input);
      return NO_RECORD;
    }
    if (typeof cells === "string") return new Malformed(`the row is not valid CSV: ${cells}`);
    if (cells.length !== this.columnNames.length) {
      return new Malformed(`the row has ${cells.length} cells, the header has ${this.columnNames.length}`);
    }
    this.#cells = cells;
    return this.#record((cell, field) => (field === undefined ? cell.text : cellValue(cell, field)));
  }

  unreadable(why: string): void {
    if (this.columnNames === null) throw headerError(why, this.#input);
  }

  secondReading(): unknown {
    return this.#record((cell, field) => (isNothing(cell, field) ? undefined : cell.text));
  }

  #record(read: (cell: CsvCell, field: Field | undefined) => unknown): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (const [index, name] of (this.columnNames as readonly string[]).entries()) {
      const value = read(this.#cells[index] as CsvCell, this.#fields.get(name));
      if (value !== undefined) entries.push([name, value]);
    }
    // fromEntries makes own properties of any name, "__proto__" too.
    return Object.fromEntries(entries);
  }
}

function fieldsByName(layout: RecordLayout): ReadonlyMap<string, Field> {
  return new Map(layout.shape === "struct" ? layout.fields.map((field) => [field.name, field]) : []);
}

function headerNames(cells: readonly CsvCell[] | string, input: string): readonly string[] {
  if (typeof cells === "string") throw headerError(`the record is not valid CSV: ${cells}`, input);
  const names = cells.map((cell) => cell.text);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw headerError(`it names the column ${JSON.stringify(twice)} twice`, input);
  return names;
}

function headerError(why: string, input: string): TidemarkError {
  return new TidemarkError(
    "TM_SOURCE",
    `the header of a CSV input cannot be used: ${why}. The first line must name each column once`,
    {
      facts: { input },
    },
  );
}

function isNothing(cell: CsvCell, field: Field | undefined): boolean {
  return cell.text === "" && !cell.isQuoted && field?.optional === true;
}

/** The value of a cell as its field's kind asks; the text where it does not read as that, for the schema to refuse. */
function cellValue(cell: CsvCell, field: Field): unknown {
  const holdsText = field.kind === "utf8" || field.kind === "dictionary" || field.kind === "json";
  if (cell.text === "" && !(holdsText && cell.isQuoted)) {
    if (field.optional) return undefined;
    if (field.nullable) return null;
    return cell.text;
  }
  switch (field.kind) {
    case "int32":
    case "float64":
      return numberOf(cell.text) ?? cell.text;
    case "boolean":
      return BOOLEANS.get(cell.text.toLowerCase()) ?? cell.text;
    case "json":
      return cell.isQuoted && !/^\s*["[{]/.test(cell.text) ? cell.text : jsonOf(cell.text);
    default:
      return cell.text;
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
  ["1", true],
  ["0", false],
]);

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function numberOf(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === "NaN") return Number.NaN;
  if (/^[+-]?Infinity$/.test(trimmed)) return Number(trimmed);
  return NUMBER.test(trimmed) ? Number(trimmed) : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A text that is not JSON is a plain string.
    return text;
  }
}
