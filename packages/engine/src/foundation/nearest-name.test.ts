import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestName } from "./nearest-name.ts";

test("a slip of one letter, a swap and another case are near", () => {
  const ports = ["flights", "hourly", "bursts"];
  assert.equal(nearestName("flight", ports), "flights");
  assert.equal(nearestName("fligths", ports), "flights");
  assert.equal(nearestName("HOURLY", ports), "hourly");
  assert.equal(nearestName("bruts", ports), "bursts");
});

test("nothing is near to a name that is too different, or where there are no names", () => {
  assert.equal(nearestName("airports", ["flights", "hourly"]), undefined);
  assert.equal(nearestName("x", []), undefined);
  assert.equal(nearestName("", ["flights"]), undefined);
});

test("the nearest wins, the first of equals", () => {
  assert.equal(nearestName("json", ["jsonb", "jsonl"]), "jsonb");
  assert.equal(nearestName("jsonl", ["json", "jsonl"]), "jsonl");
});
