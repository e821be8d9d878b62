import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { decodeValue, encodeValue } from "./value-codec.ts";

const anyValue = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withUnicodeString: true,
  key: fc.oneof(fc.string({ unit: "binary" }), fc.constant("__proto__"), fc.constant("constructor")),
});

test("whatever plain data is encoded comes back equal, and encodes to the same bytes again", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const bytes = encodeValue(value);
      const decoded = decodeValue(bytes);
      assert.deepStrictEqual(decoded, value);
      assert.deepStrictEqual(encodeValue(decoded), bytes);
    }),
    { numRuns: 500 },
  );
});
