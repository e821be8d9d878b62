import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeValue, encodeValue } from "./value-codec.ts";

test("any byte of an escaped value, changed to any other: it is another value, or refused as corrupt", () => {
  const escaped = [
    -0,
    "\ud800",
    new Date(0),
    new Map([[1, -0]]),
    new Set([2]),
    7n,
    new Float32Array(1),
    new ArrayBuffer(2),
  ];
  for (const value of escaped) {
    const bytes = encodeValue(value);
    for (let at = 0; at < bytes.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const damaged = bytes.slice();
        damaged[at] = byte;
        try {
          decodeValue(damaged);
        } catch (error) {
          assert.equal((error as { code?: unknown }).code, "TM_CHECKPOINT_CORRUPT");
        }
      }
    }
  }
});
