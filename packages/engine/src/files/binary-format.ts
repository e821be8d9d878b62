import { BLOCK_FRAMES } from "../format/block-frame.ts";
import { FrameDecoder } from "../format/frame-decoder.ts";
import { FrameEncoder } from "../format/frame-encoder.ts";
import type { FrameFormat } from "../format/frame-format.ts";
import { ROW_FRAMES } from "../format/row-frame.ts";
import { PIECE_BYTES_MAX, type FileFormat } from "./file-format.ts";

/** Binary rows. */
export const ROWS: FileFormat = binaryFormat(ROW_FRAMES);

/** Columnar blocks. */
export const BLOCKS: FileFormat = binaryFormat(BLOCK_FRAMES);

function binaryFormat(format: FrameFormat): FileFormat {
  return {
    kind: format.kind,
    // Frames are some hundred kilobytes: of one that lies in one read no byte is copied.
    pieceBytes: PIECE_BYTES_MAX,
    pieceBytesMax: PIECE_BYTES_MAX,
    // A frame is a multiple of eight bytes: reads stay aligned. What follows the offset shows whether it is a position.
    recordEnd: { lookBackBytes: 8, lastByte: null },
    decoder: ({ schema, offset, input, header, checksum }) => {
      const decoder = new FrameDecoder({ format, schema, offset, input, layout: header?.[0] ?? null, checksum });
      return {
        decoder,
        header: () => {
          const layout = decoder.layoutText();
          return layout === null ? null : [layout];
        },
      };
    },
    encoder: (checksum) => new FrameEncoder(format, checksum),
  };
}
