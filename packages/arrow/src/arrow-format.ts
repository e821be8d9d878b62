import type { FileFormat } from "@tidemark/engine/files";
import { ArrowDecoder } from "./arrow-decoder.ts";
import { ArrowEncoder } from "./arrow-encoder.ts";
import { fileStart } from "./file-start.ts";

const PIECE_BYTES = 1_024 * 1_024;

/** Arrow streams and files; what is written is a stream. `timestamps`: fields of numbers that are written as points in time. */
export function arrowFormat(timestamps: readonly string[]): FileFormat {
  return {
    kind: "arrow",
    pieceBytes: PIECE_BYTES,
    pieceBytesMax: PIECE_BYTES,
    // Messages are multiples of eight bytes: reads stay aligned. What follows the offset shows whether it is a position.
    recordEnd: { lookBackBytes: 8, lastByte: null },
    begin: fileStart,
    decoder: ({ schema, offset, input, header }) => {
      const decoder = new ArrowDecoder({ schema, offset, input, header });
      return { decoder, header: () => decoder.header() };
    },
    encoder: () => new ArrowEncoder(new Set(timestamps)),
  };
}
