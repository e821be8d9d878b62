import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { integerKeys } from "./integer-keys.ts";
import { decodeKey, encodeKey, keyColumnOf } from "./key-codec.ts";
import type { Key, KeyColumn } from "./key-column.ts";
import { hashKey } from "./key-hash.ts";
import { KEY_MEMORY_BYTES, keyKernels } from "./key-kernels.ts";
import { pairKeys } from "./pair-keys.ts";
import { selectKeys } from "./row-copy.ts";

const SAFE = fc.oneof(
  fc.nat(99),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, 2 ** 31, 2 ** 32, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);

/** Bytes and hashes of a column are those of its keys given alone. */
function check(column: KeyColumn, keys: readonly Key[]): void {
  const { bytes, offsets, lengths, hashes } = column;
  keys.forEach((key, row) => {
    const alone = encodeKey(key);
    const at = offsets[row]!;
    const found = bytes.subarray(at, at + lengths[row]!);
    assert.deepEqual(Buffer.from(found), Buffer.from(alone));
    assert.equal(hashes[row], hashKey(alone, 0, alone.length));
    assert.deepEqual(decodeKey(found), key);
  });
}

test("columns of integers and of pairs have the bytes and hashes of their keys, few or many", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(SAFE, SAFE), { minLength: 1, maxLength: 200, size: "max" }), (keys) => {
      const first = Float64Array.from(keys, ([one]) => one);
      const second = Float64Array.from(keys, ([, two]) => two);
      check(integerKeys(first), [...first]);
      check(pairKeys({ first, second }), keys);
      const made = keyColumnOf(keys);
      assert.notEqual(made.pairs, null);
      check(made, keys);
      const rows = Int32Array.from(keys, (_, row) => keys.length - 1 - row);
      check(selectKeys(made, rows), keys.toReversed());
      check(keyColumnOf([...keys, "no pair"]), [...keys, "no pair"]);
    }),
    { numRuns: 60 },
  );
});

test("the kernels of keys take so much memory and no more", () => {
  assert.notEqual(keyKernels(KEY_MEMORY_BYTES), null);
  assert.equal(keyKernels(KEY_MEMORY_BYTES + 65_536), null);
});
