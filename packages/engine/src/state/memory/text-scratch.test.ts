import assert from "node:assert/strict";
import { test } from "node:test";
import { TextScratch } from "./text-scratch.ts";

test("a text that is not all ASCII is never taken for it, also where the room ends before the text does", () => {
  for (let length = 9_000; length < 9_010; length++) {
    for (const text of [`ü${"y".repeat(length - 1)}`, `${"y".repeat(length - 1)}ü`, `零${"y".repeat(length - 2)}é`]) {
      // A new one grows to just the length of the text.
      assert.equal(new TextScratch().ascii(text), false);
    }
    const scratch = new TextScratch();
    assert.equal(scratch.ascii("y".repeat(length)), true);
    assert.equal(scratch.length, length);
  }
});
