import { BATCH_ROWS_MAX } from "../record/batch.ts";
import { ownerOf } from "../state/key-group.ts";

/** Sorts the rows of a batch by the task that owns their key group, in two passes over typed arrays. */
export class Partition {
  /** Rows by task, in order within each: those of task t are from starts[t] to starts[t + 1]. Valid until the next `of`. */
  rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  readonly starts: Int32Array;
  readonly #keyGroupBits: number;
  readonly #owners: Uint16Array;
  /** Room for the work. */
  readonly next: Int32Array;

  constructor(tasks: number, keyGroupBits: number) {
    this.#keyGroupBits = keyGroupBits;
    this.#owners = Uint16Array.from({ length: 2 ** keyGroupBits }, (_, group) => ownerOf(group, tasks, keyGroupBits));
    this.starts = new Int32Array(tasks + 1);
    this.next = new Int32Array(tasks);
  }

  /** Partitions the first `length` rows by their hashes. */
  of(hashes: Uint32Array, length: number): void {
    if (length > this.rows.length) this.rows = new Int32Array(length);
    partitionRows(hashes, length, this.#owners, this.#keyGroupBits, this);
  }
}

/** Sorts rows 0 to `length` by the owner of the key group, which is the top `bits` of the hash; `starts` gets one more than there are in `next`. */
function partitionRows(
  hashes: Uint32Array,
  length: number,
  owners: Uint16Array,
  bits: number,
  to: { readonly starts: Int32Array; readonly next: Int32Array; readonly rows: Int32Array },
): void {
  const { starts, next, rows } = to;
  // A shift by 32 is a shift by 0.
  const shift = bits === 0 ? 31 : 32 - bits;
  const mask = 2 ** bits - 1;
  next.fill(0);
  for (let i = 0; i < length; i++) {
    const owner = owners[((hashes[i] as number) >>> shift) & mask] as number;
    next[owner] = (next[owner] as number) + 1;
  }
  let start = 0;
  for (let task = 0; task < next.length; task++) {
    starts[task] = start;
    start += next[task] as number;
    next[task] = starts[task] as number;
  }
  starts[next.length] = start;
  for (let i = 0; i < length; i++) {
    const owner = owners[((hashes[i] as number) >>> shift) & mask] as number;
    const at = next[owner] as number;
    rows[at] = i;
    next[owner] = at + 1;
  }
}
