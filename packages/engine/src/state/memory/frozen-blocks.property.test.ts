import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrozenBlocks } from "./frozen-blocks.ts";

const ROWS = 2_500;
const row = fc.oneof(fc.nat(ROWS - 1), fc.constantFrom(0, 1_023, 1_024, 2_047, 2_048, ROWS - 1));
const step = fc.oneof(
  fc.record({ write: row, to: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ read: fc.integer({ min: 1, max: 600 }) }),
);

test("addresses are read as they were, from the last row on, whatever is written meanwhile", () => {
  fc.assert(
    fc.property(fc.array(row), fc.nat(ROWS), fc.array(step, { maxLength: 60 }), (used, rows, steps) => {
      const blocks = new Int32Array(ROWS);
      used.forEach((each, i) => (blocks[each] = i + 10));
      const expected = [...blocks.slice(0, rows).entries()].filter(([, at]) => at !== 0).toReversed();
      const wanted = blocks.slice(0, rows);
      let end = rows;
      const frozen = new FrozenBlocks(rows);
      const seen: [number, number][] = [];
      const read = (count: number): void => {
        frozen.read(blocks, count, (each, at) => seen.push([each, at]));
        end = Math.max(0, end - count);
      };
      for (const each of steps) {
        if ("read" in each) {
          read(each.read);
          continue;
        }
        const at = blocks[each.write] as number;
        const isWanted = each.write < end && wanted[each.write] === at;
        if (at !== 0) assert.equal(frozen.has(each.write, at), isWanted);
        frozen.beforeChange(blocks, each.write);
        blocks[each.write] = each.to;
      }
      read(ROWS);
      assert.deepEqual(seen, expected);
    }),
  );
});
