// Rows of a batch by the task that owns their key group, and cells of columns by row.

/**
 * Sorts rows 0 to `length` by owner: `hashes` are uint32 by row, `owners` uint16 by key group, the hash's top `bits`; `starts` has an int32 per
 * task and one more, and gets where each task's rows begin in `rows`. `next` is room for an int32 per task.
 */
export function partitionRows(
  hashes: usize,
  length: u32,
  owners: usize,
  bits: u32,
  tasks: u32,
  starts: usize,
  next: usize,
  rows: usize,
): void {
  memory.fill(next, 0, (<usize>tasks) << 2);
  for (let i: usize = 0; i < <usize>length; i++) {
    const at = next + ((<usize>ownerOf(load<u32>(hashes + (i << 2)), owners, bits)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let start: u32 = 0;
  for (let task: usize = 0; task < <usize>tasks; task++) {
    const at = next + (task << 2);
    store<u32>(starts + (task << 2), start);
    const count = load<u32>(at);
    store<u32>(at, start);
    start += count;
  }
  store<u32>(starts + ((<usize>tasks) << 2), start);
  for (let i: usize = 0; i < <usize>length; i++) {
    const at = next + ((<usize>ownerOf(load<u32>(hashes + (i << 2)), owners, bits)) << 2);
    const place = load<u32>(at);
    store<u32>(at, place + 1);
    store<u32>(rows + ((<usize>place) << 2), <u32>i);
  }
}

function ownerOf(hash: u32, owners: usize, bits: u32): u32 {
  // A shift by 32 is a shift by 0.
  const group = bits === 0 ? 0 : hash >> (32 - bits);
  return load<u16>(owners + ((<usize>group) << 1));
}

/** The 4-byte cells of `length` rows (int32 at `rows`) of the column at `from`, in that order, to `to`. */
export function gather4(from: usize, rows: usize, length: u32, to: usize): void {
  for (let i: usize = 0; i < <usize>length; i++) {
    store<u32>(to + (i << 2), load<u32>(from + ((<usize>load<u32>(rows + (i << 2))) << 2)));
  }
}

/** The same for cells of 8 bytes. */
export function gather8(from: usize, rows: usize, length: u32, to: usize): void {
  for (let i: usize = 0; i < <usize>length; i++) {
    store<u64>(to + (i << 3), load<u64>(from + ((<usize>load<u32>(rows + (i << 2))) << 3)));
  }
}
