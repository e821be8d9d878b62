import type { RecordSchema } from "../record/record-schema.ts";
import type { BatchEncoder } from "../format/batch-encoder.ts";
import { csvDecoder } from "../format/csv.ts";
import { csvEncoder } from "../format/csv-encoder.ts";
import { jsonLinesDecoder } from "../format/json-lines.ts";
import { jsonLinesEncoder } from "../format/json-lines-encoder.ts";
import type { RecordDecoder } from "../format/record-decoder.ts";

/** What a file connector needs of a text format. */
export interface TextFormat {
  /** As in a binding. */
  readonly kind: "jsonl" | "csv";
  /** Decodes from `offset`, the beginning of a record. `columns` is the header where it was read before. */
  decoder(options: {
    schema: RecordSchema;
    offset: number;
    input: string;
    columns: readonly string[] | null;
  }): FormatDecoder;
  encoder(): BatchEncoder;
}

/** A decoder with what a position must say besides the offset. */
export interface FormatDecoder {
  readonly decoder: RecordDecoder;
  columnNames(): readonly string[] | null;
}

/** JSON Lines: one JSON value a line. */
export const JSON_LINES: TextFormat = {
  kind: "jsonl",
  decoder: ({ schema, offset }) => ({ decoder: jsonLinesDecoder({ schema, offset }), columnNames: () => null }),
  encoder: jsonLinesEncoder,
};

/** CSV with a header. */
export function csvFormat(delimiter: string): TextFormat {
  return {
    kind: "csv",
    decoder: ({ schema, offset, input, columns }) =>
      csvDecoder({ schema, offset, delimiter, input, columnNames: columns }),
    encoder: () => csvEncoder({ delimiter }),
  };
}
