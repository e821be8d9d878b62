import { crc32 } from "../foundation/crc32.ts";
import type { Checksum } from "../format/frame.ts";
import type { Host } from "../host/host.ts";

/** CRC-32 as fast as the host has it. */
export function checksumOf(host: Host): Checksum {
  return host.compression.crc32 ?? crc32;
}
