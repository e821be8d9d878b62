import { BATCH_ROWS_MAX } from "../record/batch.ts";
import { partitionRows } from "../record/kernels/gather-twin.ts";
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
