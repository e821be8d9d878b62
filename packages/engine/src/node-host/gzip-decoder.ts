import { createGunzip } from "node:zlib";
import { TidemarkError } from "../foundation/error.ts";
import type { StreamDecoder } from "../host/compression.ts";
import { joinBytes } from "./owned-bytes.ts";
import { PieceDecoder } from "./zlib-piece.ts";

/** Decodes a gzip file of any number of members. Zero bytes after the last member are padding; anything else is an error. */
export class GzipDecoder implements StreamDecoder {
  readonly #members = new PieceDecoder("gzip", createGunzip({ chunkSize: 64 * 1024 }));

  async push(bytes: Uint8Array): Promise<Uint8Array> {
    const { decoded, used } = await this.#members.push(bytes);
    if (this.#members.ended) requirePadding(bytes.subarray(used));
    return joinBytes(decoded);
  }

  async end(): Promise<Uint8Array> {
    return joinBytes(await this.#members.end());
  }
}

/** zlib stops at a zero byte and drops what follows: without this look, members behind padding would vanish. */
function requirePadding(rest: Uint8Array): void {
  if (rest.some((byte) => byte !== 0)) {
    throw new TidemarkError("TM_SOURCE", "the gzip file goes on after its end with bytes that are no gzip data");
  }
}
