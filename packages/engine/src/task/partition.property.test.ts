import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keyGroupOf, ownerOf } from "../state/key-group.ts";
import { Partition } from "./partition.ts";

test("each row goes to the owner of its key group, in order", () => {
  const hashes = fc.array(fc.nat(0xffff_ffff), { maxLength: 2_000, size: "max" });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.nat(12),
      fc.array(hashes, { maxLength: 3 }),
      (tasks, bits, batches) => {
        const partition = new Partition(tasks, bits);
        for (const batch of batches) {
          partition.of(Uint32Array.from(batch), batch.length);
          for (let task = 0; task < tasks; task++) {
            const expected = batch.flatMap((hash, row) =>
              ownerOf(keyGroupOf(hash, bits), tasks, bits) === task ? [row] : [],
            );
            assert.deepEqual(
              [...partition.rows.subarray(partition.starts[task], partition.starts[task + 1])],
              expected,
            );
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});
