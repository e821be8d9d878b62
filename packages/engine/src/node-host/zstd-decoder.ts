import { createZstdDecompress } from "node:zlib";
import type { StreamDecoder } from "../host/compression.ts";
import { joinBytes } from "./owned-bytes.ts";
import { PieceDecoder } from "./zlib-piece.ts";

/** Decodes a zstd file of any number of frames. */
export class ZstdDecoder implements StreamDecoder {
  #frame = newFrame();

  async push(bytes: Uint8Array): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let rest = bytes;
    // Node's stream ends with the first frame that ends within a piece and drops the rest: each further frame gets its own.
    for (;;) {
      const { decoded, used } = await this.#frame.push(rest);
      for (const piece of decoded) pieces.push(piece);
      rest = rest.subarray(used);
      if (!this.#frame.ended) return joinBytes(pieces);
      this.#frame = newFrame();
    }
  }

  async end(): Promise<Uint8Array> {
    return joinBytes(await this.#frame.end());
  }
}

function newFrame(): PieceDecoder {
  return new PieceDecoder("zstd", createZstdDecompress({ chunkSize: 64 * 1024 }));
}
