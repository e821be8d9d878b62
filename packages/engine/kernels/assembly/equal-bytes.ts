/**
 * 1 if `length` bytes are the same at `a` and at `b`: sixteen at a time with a tail that overlaps what was compared; eight and fewer where
 * there are not so many.
 */
export function equalBytes(a: usize, b: usize, length: u32): bool {
  if (length >= 16) {
    const tail = length - 16;
    for (let i: u32 = 0; i < tail; i += 16) {
      if (!i8x16.all_true(i8x16.eq(v128.load(a + i), v128.load(b + i)))) return false;
    }
    return i8x16.all_true(i8x16.eq(v128.load(a + tail), v128.load(b + tail)));
  }
  if (length >= 8) {
    const tail = length - 8;
    return ((load<u64>(a) ^ load<u64>(b)) | (load<u64>(a + tail) ^ load<u64>(b + tail))) === 0;
  }
  if (length >= 4) {
    const tail = length - 4;
    return ((load<u32>(a) ^ load<u32>(b)) | (load<u32>(a + tail) ^ load<u32>(b + tail))) === 0;
  }
  for (let i: u32 = 0; i < length; i++) if (load<u8>(a + i) !== load<u8>(b + i)) return false;
  return true;
}
