import type { RecordSchema } from "../record/record-schema.ts";
import type { RowsWriter } from "./decoded-rows.ts";
import { LineColumns } from "./line-columns.ts";
import { LINE_END, RECORD_BYTES_MAX, RecordCutter } from "./record-cutter.ts";
import { Malformed, NO_RECORD, RecordDecoder, type RecordSyntax } from "./record-decoder.ts";
import { ValidatedLines } from "./validated-lines.ts";

/** One JSON value a line; an empty line is no record. */
const JSON_LINE: RecordSyntax = {
  decode(text) {
    if (text === "") return NO_RECORD;
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      return new Malformed(`the line is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
  },
};

/** Decodes JSON Lines from stream offset `offset`, which is the beginning of a line. */
export function jsonLinesDecoder(options: {
  schema: RecordSchema;
  offset: number;
  recordBytesMax?: number;
  /** False: line by line, as what the kernel does not take. For tests. */
  kernel?: boolean;
}): RecordDecoder {
  const { schema, offset, recordBytesMax, kernel = true } = options;
  const limit = recordBytesMax === undefined ? {} : { bytesMax: recordBytesMax };
  return new RecordDecoder({
    cutter: new RecordCutter({ recordEnd: LINE_END, offset, ...limit }),
    syntax: JSON_LINE,
    schema,
    rows: kernel ? linesOf(schema, recordBytesMax ?? RECORD_BYTES_MAX) : null,
  });
}

/** Null: lines are decoded one by one. */
function linesOf(schema: RecordSchema, lineBytesMax: number): RowsWriter | null {
  // What a schema refuses or changes is only known record by record, and it may look at keys that no column has.
  const lines = LineColumns.open(schema.layout, { lineBytesMax, isClosed: !schema.trust });
  return lines === null || schema.trust ? lines : new ValidatedLines(schema, lines);
}
