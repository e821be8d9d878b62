import { TidemarkError } from "../foundation/error.ts";
import type { RecordBatch } from "../record/batch.ts";
import type { RecordLayout } from "../record/layout.ts";
import { cellOf } from "../record/cell.ts";
import { ROW_KIND_FIELD, ROW_KIND_TEXTS, type BatchEncoder } from "./batch-encoder.ts";
import { csvCell } from "./csv-record.ts";
import { refuseRowKindField } from "./json-lines-encoder.ts";
import { jsonText } from "./json-text.ts";

/**
 * Encodes batches as CSV (RFC 4180, but lines end with a line feed). The first batch decides the columns; a later one may leave some out,
 * but a new one is TM_SCHEMA, as are records without fields. Numbers, booleans and other values are written as `jsonText`
 * does, without its quotes; null and absent are empty cells, an empty string is `""`. A changelog stream has a first column "op".
 * Lone surrogates have no place in UTF-8: TM_RECORD.
 */
export function csvEncoder(options: { delimiter: string }): BatchEncoder {
  return new CsvEncoder(options.delimiter);
}

class CsvEncoder implements BatchEncoder {
  readonly #delimiter: string;
  readonly #utf8 = new TextEncoder();
  #names: readonly string[] | null = null;
  #hasRowKinds = false;
  #layout: RecordLayout | null = null;
  /** Per CSV column the column of `#layout`; -1 where it has none. */
  #columns: readonly number[] = [];

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  header(): string | null {
    if (this.#names === null) return null;
    const names = this.#hasRowKinds ? [ROW_KIND_FIELD, ...this.#names] : this.#names;
    return `${names.map((name) => csvCell(name, this.#delimiter)).join(this.#delimiter)}\n`;
  }

  encode(batch: RecordBatch): Uint8Array {
    if (batch.layout !== this.#layout) this.#useLayout(batch.layout, batch.rowKinds !== null);
    if ((batch.rowKinds !== null) !== this.#hasRowKinds) throw columnsChanged("op");
    let text = "";
    for (let row = 0; row < batch.length; row++) text += this.#line(batch, row);
    if (!text.isWellFormed()) {
      throw new TidemarkError(
        "TM_RECORD",
        "a string with half a surrogate pair cannot be written to a CSV file. Use a jsonl sink, which escapes it",
      );
    }
    return this.#utf8.encode(text);
  }

  #useLayout(layout: RecordLayout, hasRowKinds: boolean): void {
    if (layout.shape !== "struct") {
      throw new TidemarkError(
        "TM_SCHEMA",
        "a CSV sink needs records with known fields. Map them to objects first, or use a jsonl sink",
      );
    }
    const names = layout.fields.map((field) => field.name);
    if (this.#names === null) {
      if (hasRowKinds) refuseRowKindField(layout);
      this.#names = names;
      this.#hasRowKinds = hasRowKinds;
    }
    const added = names.find((name) => this.#names?.includes(name) === false);
    if (added !== undefined) throw columnsChanged(added);
    this.#columns = this.#names.map((name) => names.indexOf(name));
    this.#layout = layout;
  }

  #line(batch: RecordBatch, row: number): string {
    const cells = this.#columns.map((column) =>
      column === -1
        ? ""
        : this.#cell(
            cellOf(batch.columns[column] as RecordBatch["columns"][number], row),
            batch.layout.fields[column]?.kind === "json",
          ),
    );
    if (batch.rowKinds !== null) cells.unshift(ROW_KIND_TEXTS[batch.rowKinds[row] as number] as string);
    const line = cells.join(this.#delimiter);
    // An empty line would be no record at all.
    return line === "" ? '""\n' : `${line}\n`;
  }

  #cell(value: unknown, isJson: boolean): string {
    if (value === null || value === undefined) return "";
    if (typeof value === "string") {
      if (!isJson) return csvCell(value, this.#delimiter);
      // In quotes, so that it is not read back as a number or a boolean; as JSON if it would be taken for JSON.
      return /^\s*["[{]/.test(value)
        ? csvCell(JSON.stringify(value), this.#delimiter)
        : `"${value.replaceAll('"', '""')}"`;
    }
    const text = jsonText(value);
    return csvCell(
      typeof value === "number" || typeof value === "bigint" ? text.replaceAll('"', "") : text,
      this.#delimiter,
    );
  }
}

function columnsChanged(column: string): TidemarkError {
  return new TidemarkError(
    "TM_SCHEMA",
    "records of a CSV sink must all have the fields of the first one. Give every record the same fields, or use a jsonl sink",
    {
      facts: { column },
    },
  );
}
