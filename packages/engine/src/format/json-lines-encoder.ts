import { TidemarkError } from "../foundation/error.ts";
import type { RecordBatch } from "../record/batch.ts";
import type { RecordLayout } from "../record/layout.ts";
import { cellOf } from "../record/cell.ts";
import { ROW_KIND_FIELD, ROW_KIND_TEXTS, type BatchEncoder } from "./batch-encoder.ts";
import { jsonText } from "./json-text.ts";

/**
 * Encodes batches as JSON Lines: one record a line, fields in the layout's order, values as `jsonText` writes them. A line of a
 * changelog stream begins with "op": "+I", "-U", "+U" or "-D"; if its record is no object, it follows as "value".
 */
export function jsonLinesEncoder(): BatchEncoder {
  const utf8 = new TextEncoder();
  return {
    encode: (batch) => utf8.encode(jsonLines(batch).join("")),
    header: () => null,
  };
}

/** The lines of a batch, each with its line feed. */
export function jsonLines(batch: RecordBatch): string[] {
  const lines: string[] = [];
  const { layout, rowKinds } = batch;
  if (rowKinds !== null) refuseRowKindField(layout);
  for (let row = 0; row < batch.length; row++) {
    const operation = rowKinds === null ? null : `"${ROW_KIND_FIELD}":"${ROW_KIND_TEXTS[rowKinds[row] as number]}"`;
    lines.push(`${layout.shape === "struct" ? structLine(batch, row, operation) : valueLine(batch, row, operation)}\n`);
  }
  return lines;
}

function structLine(batch: RecordBatch, row: number, operation: string | null): string {
  const { fields } = batch.layout;
  let text = operation ?? "";
  for (let column = 0; column < fields.length; column++) {
    const value = cellOf(batch.columns[column] as RecordBatch["columns"][number], row);
    if (value === undefined) continue;
    const name = JSON.stringify((fields[column] as RecordLayout["fields"][number]).name);
    text += text === "" ? `${name}:${jsonText(value)}` : `,${name}:${jsonText(value)}`;
  }
  return `{${text}}`;
}

function valueLine(batch: RecordBatch, row: number, operation: string | null): string {
  const value = cellOf(batch.columns[0] as RecordBatch["columns"][number], row);
  const text = jsonText(value);
  if (operation === null) return text;
  if (!text.startsWith("{")) return `{${operation},"value":${text}}`;
  if (Object.hasOwn(value as object, ROW_KIND_FIELD)) throw rowKindFieldTaken();
  return text === "{}" ? `{${operation}}` : `{${operation},${text.slice(1)}`;
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
