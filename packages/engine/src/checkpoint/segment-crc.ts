import { crc32 } from "../foundation/crc32.ts";
import type { Host } from "../host/host.ts";

/** CRC-32 (ISO-HDLC) going on from `seed`. */
export type Crc = (bytes: Uint8Array, seed?: number) => number;

/** The fastest one for the bytes of segments that a host has. */
export function crcOf(host: Host): Crc {
  return host.compression.crc32 ?? crc32;
}

/** Reflected polynomial of CRC-32/ISO-HDLC; in numbers of its kind the highest bit is x to the 0th. */
const POLYNOMIAL = 0xedb88320;
const ONE = 0x8000_0000 | 0;
const X = 0x4000_0000;

/** x to the power of 2^k, at k. */
const POWERS = powersOfX();

/** The CRC-32 of a then b, of that of a and that of b, which has `bytes` bytes: none of them is read again. As zlib's crc32_combine. */
export function combinedCrc(a: number, b: number, bytes: number): number {
  let shift = ONE;
  let k = 3;
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
    // The powers repeat: x to the 2^32 is x.
    if (rest % 2 === 1) shift = product(POWERS[k % 32] as number, shift);
    k++;
  }
  return (product(shift, a) ^ b) >>> 0;
}

function powersOfX(): Int32Array {
  const powers = new Int32Array(32);
  powers[0] = X;
  for (let k = 1; k < 32; k++) powers[k] = product(powers[k - 1] as number, powers[k - 1] as number);
  return powers;
}

/** Product of two polynomials modulo that of the CRC. */
function product(a: number, b: number): number {
  let sum = 0;
  let shifted = b;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) sum ^= shifted;
    shifted = (shifted & 1) === 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  }
  return sum;
}
