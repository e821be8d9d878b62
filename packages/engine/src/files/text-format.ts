import { csvDecoder } from "../format/csv.ts";
import { csvEncoder } from "../format/csv-encoder.ts";
import { jsonLinesDecoder } from "../format/json-lines.ts";
import { jsonLinesEncoder } from "../format/json-lines-encoder.ts";
import { PIECE_BYTES_MAX, TEXT_PIECE_BYTES, type FileFormat, type RecordEndCheck } from "./file-format.ts";

const LINE_FEED: RecordEndCheck = { lookBackBytes: 1, lastByte: 0x0a };

/** JSON Lines: one JSON value a line. */
export const JSON_LINES: FileFormat = {
  kind: "jsonl",
  pieceBytes: TEXT_PIECE_BYTES,
  pieceBytesMax: PIECE_BYTES_MAX,
  recordEnd: LINE_FEED,
  decoder: ({ schema, offset }) => ({ decoder: jsonLinesDecoder({ schema, offset }), header: () => null }),
  encoder: () => jsonLinesEncoder(),
};

/** CSV with a header. */
export function csvFormat(delimiter: string): FileFormat {
  return {
    kind: "csv",
    pieceBytes: TEXT_PIECE_BYTES,
    pieceBytesMax: PIECE_BYTES_MAX,
    recordEnd: LINE_FEED,
    decoder: ({ schema, offset, input, header }) => {
      const { decoder, columnNames } = csvDecoder({ schema, offset, delimiter, input, columnNames: header });
      return { decoder, header: columnNames };
    },
    encoder: () => csvEncoder({ delimiter }),
  };
}
