import { assert } from "../foundation/assert.ts";
import { KEY_GROUP_BITS_MAX, ownerOf } from "./key-group.ts";

/**
 * Which task owns which key group. A value: it is replaced, never changed, and only at a barrier; `epoch` grows by one each
 * time, so that of two placements the newer is known. Plain data: it can be posted and stored.
 */
export interface Placement {
  readonly epoch: number;
  readonly keyGroupBits: number;
  readonly parallelism: number;
  /** Owning task per key group; 2^keyGroupBits entries. */
  readonly owners: readonly number[];
}

/** The placement in which every task owns an even, contiguous range. */
export function evenPlacement(options: { epoch: number; parallelism: number; keyGroupBits: number }): Placement {
  const { epoch, parallelism, keyGroupBits } = options;
  assert(
    Number.isInteger(parallelism) && parallelism >= 1,
    () => `parallelism ${parallelism} is not a positive integer`,
  );
  assert(keyGroupBits >= 0 && keyGroupBits <= KEY_GROUP_BITS_MAX, () => `key group bits ${keyGroupBits} out of range`);
  const owners = Array.from({ length: 2 ** keyGroupBits }, (_, keyGroup) =>
    ownerOf(keyGroup, parallelism, keyGroupBits),
  );
  return { epoch, keyGroupBits, parallelism, owners };
}
