/** Reflected polynomial of CRC-32/ISO-HDLC, the one of zlib, PNG and gzip. */
const POLYNOMIAL = 0xedb88320;

/** Eight tables of 256 words: table k gives the effect of a byte that is k bytes from the end of an eight-byte step. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let word = byte;
    for (let bit = 0; bit < 8; bit++) word = (word & 1) === 1 ? (word >>> 1) ^ POLYNOMIAL : word >>> 1;
    tables[byte] = word;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] as number;
    tables[i] = (before >>> 8) ^ (tables[before & 0xff] as number);
  }
  return tables;
}

/**
 * CRC-32 (ISO-HDLC) of `bytes`, unsigned. `seed` continues an earlier call: `crc32(b, crc32(a))` is the CRC of a then b.
 * It finds damage, not forgery.
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  const t = TABLES;
  let crc = ~seed;
  let i = 0;
  const stepped = bytes.length - (bytes.length % 8);
  for (; i < stepped; i += 8) {
    crc ^= at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24);
    crc =
      (t[0x700 | (crc & 0xff)] as number) ^
      (t[0x600 | ((crc >>> 8) & 0xff)] as number) ^
      (t[0x500 | ((crc >>> 16) & 0xff)] as number) ^
      (t[0x400 | (crc >>> 24)] as number) ^
      (t[0x300 | at(bytes, i + 4)] as number) ^
      (t[0x200 | at(bytes, i + 5)] as number) ^
      (t[0x100 | at(bytes, i + 6)] as number) ^
      (t[at(bytes, i + 7)] as number);
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ (t[(crc ^ at(bytes, i)) & 0xff] as number);
  return ~crc >>> 0;
}

function at(bytes: Uint8Array, i: number): number {
  return bytes[i] as number;
}
