/**
 * Copies `count` texts, each of the bytes at `from` plus its offset, to where its end says, which then is behind them. `offsets`, `lengths` and
 * `ends` are u32. The texts are none of the places that are written to.
 */
export function appendTexts(from: usize, offsets: usize, lengths: usize, ends: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const length = <usize>load<u32>(lengths + (i << 2));
    if (length == 0) continue;
    const end = ends + (i << 2);
    const to = <usize>load<u32>(end);
    copyText(to, from + <usize>load<u32>(offsets + (i << 2)), length);
    store<u32>(end, <u32>(to + length));
  }
}

/** Whole vectors, the last one over what is there already: `memory.copy` costs more than most texts take. */
function copyText(to: usize, from: usize, length: usize): void {
  if (length >= 512) {
    memory.copy(to, from, length);
  } else if (length >= 16) {
    const last = length - 16;
    for (let at: usize = 0; at < last; at += 16) v128.store(to + at, v128.load(from + at));
    v128.store(to + last, v128.load(from + last));
  } else if (length >= 8) {
    const head = load<u64>(from);
    store<u64>(to + length - 8, load<u64>(from + length - 8));
    store<u64>(to, head);
  } else if (length >= 4) {
    const head = load<u32>(from);
    store<u32>(to + length - 4, load<u32>(from + length - 4));
    store<u32>(to, head);
  } else {
    for (let at: usize = 0; at < length; at++) store<u8>(to + at, load<u8>(from + at));
  }
}
