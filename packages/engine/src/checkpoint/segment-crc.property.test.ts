import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { crc32 } from "../foundation/crc32.ts";
import { combinedCrc } from "./segment-crc.ts";

test("the checksum of two pieces is made of those of each", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 5_000 }), (a, b) => {
      assert.equal(combinedCrc(crc32(a), crc32(b), b.length), crc32(b, crc32(a)));
    }),
  );
  const long = new Uint8Array(3_000_001).map((_, i) => i * 7);
  assert.equal(combinedCrc(crc32(long), crc32(long), long.length), crc32(long, crc32(long)));
});
