/** Twin of kernels/assembly/json-number.ts. */

const MANTISSA_DIGITS_MAX = 18;
const MANTISSA_END = 2 ** 53;
const EXPONENT_DIGITS_MAX = 4;
const POWER_MAX = 22;
const POWERS: readonly number[] = Array.from({ length: POWER_MAX + 1 }, (_, power) => Number(`1e${power}`));

/** The number that `readNumber` read last. */
export interface ReadNumber {
  value: number;
}

/**
 * Reads a number where its double is one operation on two exact ones: below 2^53, times or through a power of ten up to 10^22. Gives
 * where it ends; 0 for any other number and for what is none.
 */
export function readNumber(bytes: Uint8Array, at: number, result: ReadNumber): number {
  const isNegative = bytes[at] === 0x2d;
  const whole = isNegative ? at + 1 : at;
  let p = whole;
  if (!isDigit(bytes[p])) return 0;
  // Beyond 2^53 it is not exact, but stays beyond it, and is refused.
  let mantissa = 0;
  if (bytes[p] === 0x30) p++;
  else while (isDigit(bytes[p])) mantissa = mantissa * 10 + ((bytes[p++] as number) - 0x30);
  let digits = p - whole;
  let scale = 0;
  if (bytes[p] === 0x2e) {
    const fraction = ++p;
    while (isDigit(bytes[p])) mantissa = mantissa * 10 + ((bytes[p++] as number) - 0x30);
    scale = p - fraction;
    if (scale === 0) return 0;
    digits += scale;
  }
  if (digits > MANTISSA_DIGITS_MAX || mantissa >= MANTISSA_END) return 0;
  if (((bytes[p] as number) | 0x20) === 0x65) {
    const exponent = readExponent(bytes, p + 1);
    if (exponent === null) return 0;
    p = exponent.end;
    scale -= exponent.value;
  }
  if (scale > POWER_MAX || scale < -POWER_MAX) return 0;
  const value = scale > 0 ? mantissa / (POWERS[scale] as number) : mantissa * (POWERS[-scale] as number);
  result.value = isNegative ? -value : value;
  return p;
}

function readExponent(bytes: Uint8Array, at: number): { end: number; value: number } | null {
  const sign = bytes[at];
  const begin = sign === 0x2b || sign === 0x2d ? at + 1 : at;
  let p = begin;
  let value = 0;
  while (isDigit(bytes[p])) value = value * 10 + ((bytes[p++] as number) - 0x30);
  if (p === begin || p - begin > EXPONENT_DIGITS_MAX) return null;
  return { end: p, value: sign === 0x2d ? -value : value };
}

/** Where a number of any size ends; 0: it is none. */
export function skipNumber(bytes: Uint8Array, at: number): number {
  const whole = bytes[at] === 0x2d ? at + 1 : at;
  if (!isDigit(bytes[whole])) return 0;
  let p = bytes[whole] === 0x30 ? whole + 1 : skipDigits(bytes, whole);
  if (bytes[p] === 0x2e) {
    const fraction = p + 1;
    p = skipDigits(bytes, fraction);
    if (p === fraction) return 0;
  }
  if (((bytes[p] as number) | 0x20) !== 0x65) return p;
  const sign = bytes[p + 1];
  const begin = sign === 0x2b || sign === 0x2d ? p + 2 : p + 1;
  p = skipDigits(bytes, begin);
  return p === begin ? 0 : p;
}

function skipDigits(bytes: Uint8Array, at: number): number {
  let p = at;
  while (isDigit(bytes[p])) p++;
  return p;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
