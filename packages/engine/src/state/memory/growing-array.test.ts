import assert from "node:assert/strict";
import { test } from "node:test";
import { GrowingArray } from "./growing-array.ts";

test("numbers stay when an array grows, with and without WebAssembly, and beyond its memory", () => {
  for (const options of [{}, { webAssembly: false }, { bytesMax: 400_000 }]) {
    for (const type of [Float64Array, Int32Array, Uint8Array] as const) {
      const growing = new GrowingArray<Float64Array | Int32Array | Uint8Array>(type, options);
      for (let length = 1; length < 500_000; length = length * 2 + 3) {
        growing.reserve(length);
        assert.ok(growing.array.length >= length);
        assert.ok(growing.array[length - 1] === 0);
        growing.array[length - 1] = length % 200;
      }
      for (let length = 1; length < 500_000; length = length * 2 + 3) {
        growing.reserve(length);
        assert.equal(growing.array[length - 1], length % 200);
      }
    }
  }
});
