import assert from "node:assert/strict";
import { test } from "node:test";
import { hashText } from "./text-hash.ts";

test("agrees with the published FNV-1a 64 vectors", () => {
  assert.equal(hashText(""), "cbf29ce484222325");
  assert.equal(hashText("a"), "af63dc4c8601ec8c");
  assert.equal(hashText("foobar"), "85944171f73967e8");
});
