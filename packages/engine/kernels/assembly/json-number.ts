const MANTISSA_DIGITS_MAX: usize = 18;
const MANTISSA_END: u64 = 1 << 53;
const EXPONENT_DIGITS_MAX: usize = 4;
const POWER_MAX: i32 = 22;

/**
 * Reads a number where its double is one operation on two exact ones: below 2^53, times or through a power of ten up to 10^22. Stores
 * it at `result`, after which the powers of ten stand, and gives where it ends; 0 for any other number and for what is none.
 */
export function parseNumber(result: usize, p: usize): usize {
  const isNegative = load<u8>(p) == 0x2d;
  if (isNegative) p++;
  let digit = <u32>load<u8>(p) - 48;
  if (digit > 9) return 0;
  const whole = p++;
  let mantissa: u64 = digit;
  if (digit != 0) {
    digit = <u32>load<u8>(p) - 48;
    while (digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = <u32>load<u8>(++p) - 48;
    }
  }
  let digits = p - whole;
  let scale: i32 = 0;
  if (load<u8>(p) == 0x2e) {
    const fraction = ++p;
    digit = <u32>load<u8>(p) - 48;
    while (digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = <u32>load<u8>(++p) - 48;
    }
    if (p == fraction) return 0;
    scale = <i32>(p - fraction);
    digits += p - fraction;
  }
  if (digits > MANTISSA_DIGITS_MAX || mantissa >= MANTISSA_END) return 0;
  if ((load<u8>(p) | 0x20) == 0x65) {
    p++;
    const sign = load<u8>(p);
    if (sign == 0x2b || sign == 0x2d) p++;
    const begin = p;
    let exponent: i32 = 0;
    digit = <u32>load<u8>(p) - 48;
    while (digit <= 9 && p - begin < EXPONENT_DIGITS_MAX) {
      exponent = exponent * 10 + <i32>digit;
      digit = <u32>load<u8>(++p) - 48;
    }
    if (p == begin || digit <= 9) return 0;
    scale += sign == 0x2d ? exponent : -exponent;
  }
  if (scale > POWER_MAX || scale < -POWER_MAX) return 0;
  let value = <f64>mantissa;
  if (scale > 0) value = value / load<f64>(result + 8 + ((<usize>scale) << 3));
  else if (scale < 0) value = value * load<f64>(result + 8 + ((<usize>-scale) << 3));
  store<f64>(result, isNegative ? -value : value);
  return p;
}

/** The high bit of each byte that is no digit, right up to the lowest such byte. */
export function otherBytes(text: u64): u64 {
  const digits = text ^ 0x3030303030303030;
  return ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
}

/** The number of eight digits, the first in the lowest byte; bytes of zero count as the digit 0. */
export function eightDigits(text: u64): u64 {
  let value = text & 0x0f0f0f0f0f0f0f0f;
  value = ((value * 2561) >> 8) & 0x00ff00ff00ff00ff;
  value = ((value * 6553601) >> 16) & 0x0000ffff0000ffff;
  return (value * 42949672960001) >> 32;
}

/** Where a number of any size ends; 0: it is none. */
export function skipNumber(p: usize): usize {
  if (load<u8>(p) == 0x2d) p++;
  const first = <u32>load<u8>(p) - 48;
  if (first > 9) return 0;
  p = first == 0 ? p + 1 : skipDigits(p);
  if (load<u8>(p) == 0x2e) {
    const fraction = p + 1;
    p = skipDigits(fraction);
    if (p == fraction) return 0;
  }
  if ((load<u8>(p) | 0x20) != 0x65) return p;
  p++;
  const sign = load<u8>(p);
  if (sign == 0x2b || sign == 0x2d) p++;
  const begin = p;
  p = skipDigits(p);
  return p == begin ? 0 : p;
}

function skipDigits(p: usize): usize {
  while (<u32>load<u8>(p) - 48 <= 9) p++;
  return p;
}
