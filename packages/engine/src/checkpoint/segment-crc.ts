import { crc32 } from "../foundation/crc32.ts";
import type { Host } from "../host/host.ts";

/** CRC-32 (ISO-HDLC) going on from `seed`. */
export type Crc = (bytes: Uint8Array, seed?: number) => number;

/** The fastest one for the bytes of segments that a host has. */
export function crcOf(host: Host): Crc {
  return host.compression.crc32 ?? crc32;
}
