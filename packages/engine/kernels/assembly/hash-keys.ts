// MurmurHash3 x86 32-bit with seed 0 over canonical key bytes; frozen, docs/rfcs/0001-keys.md.

/** hashKey of the nine canonical bytes of an integer key. */
export function hashOfInteger(low: u32, high: u32): u32 {
  const flipped = high ^ 0x8000_0000;
  let hash = mixBlock(0x20 | (bswap<u32>(flipped) << 8));
  hash = rotl<u32>(hash, 13) * 5 + 0xe654_6b64;
  hash ^= mixBlock((flipped & 0xff) | (bswap<u32>(low) << 8));
  hash = rotl<u32>(hash, 13) * 5 + 0xe654_6b64;
  hash ^= mixBlock(low & 0xff) ^ 9;
  return finish(hash);
}

/** hashKey of the 19 canonical bytes of a tuple of two integers. */
export function hashOfPair(firstLow: u32, firstHigh: u32, secondLow: u32, secondHigh: u32): u32 {
  const flippedFirst = bswap<u32>(firstHigh ^ 0x8000_0000);
  const swappedFirst = bswap<u32>(firstLow);
  const flippedSecond = secondHigh ^ 0x8000_0000;
  let hash = mixBlock(0x2060 | (flippedFirst << 16));
  hash = rotl<u32>(hash, 13) * 5 + 0xe654_6b64;
  hash ^= mixBlock((flippedFirst >> 16) | (swappedFirst << 16));
  hash = rotl<u32>(hash, 13) * 5 + 0xe654_6b64;
  hash ^= mixBlock((swappedFirst >> 16) | 0x20_0000 | (flippedSecond & 0xff00_0000));
  hash = rotl<u32>(hash, 13) * 5 + 0xe654_6b64;
  hash ^= mixBlock((bswap<u32>(flippedSecond) >> 8) | (secondLow & 0xff00_0000));
  hash = rotl<u32>(hash, 13) * 5 + 0xe654_6b64;
  hash ^= mixBlock(bswap<u32>(secondLow) >> 8) ^ 19;
  return finish(hash);
}

function mixBlock(block: u32): u32 {
  return rotl<u32>(block * 0xcc9e_2d51, 15) * 0x1b87_3593;
}

function finish(given: u32): u32 {
  let hash = (given ^ (given >> 16)) * 0x85eb_ca6b;
  hash = (hash ^ (hash >> 13)) * 0xc2b2_ae35;
  return hash ^ (hash >> 16);
}

/** Canonical hashes of integer keys. */
export function hashIntegers(integers: usize, length: u32, hashes: usize): void {
  for (let i: usize = 0; i < <usize>length; i++) {
    const whole = <i64>load<f64>(integers + (i << 3));
    store<u32>(hashes + (i << 2), hashOfInteger(<u32>whole, <u32>(whole >> 32)));
  }
}

/** Canonical hashes of tuples of two integers. */
export function hashPairs(first: usize, second: usize, length: u32, hashes: usize): void {
  for (let i: usize = 0; i < <usize>length; i++) {
    const a = <i64>load<f64>(first + (i << 3));
    const b = <i64>load<f64>(second + (i << 3));
    store<u32>(hashes + (i << 2), hashOfPair(<u32>a, <u32>(a >> 32), <u32>b, <u32>(b >> 32)));
  }
}

/** Canonical hashes of key bytes. */
export function hashBytes(bytes: usize, offsets: usize, lengths: usize, length: u32, hashes: usize): void {
  for (let i: usize = 0; i < <usize>length; i++) {
    const at = bytes + <usize>load<u32>(offsets + (i << 2));
    store<u32>(hashes + (i << 2), hashOf(at, load<u32>(lengths + (i << 2))));
  }
}

function hashOf(at: usize, length: u32): u32 {
  let hash: u32 = 0;
  const blocks = at + <usize>(length & ~3);
  for (let from = at; from < blocks; from += 4) {
    hash ^= mixBlock(load<u32>(from));
    hash = rotl<u32>(hash, 13) * 5 + 0xe654_6b64;
  }
  const rest = length & 3;
  let tail: u32 = 0;
  for (let i = rest; i > 0; i--) tail = (tail << 8) | load<u8>(blocks + i - 1);
  if (rest !== 0) hash ^= mixBlock(tail);
  return finish(hash ^ length);
}
