import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { events, splitEvents } from "./arbitraries.test-only.ts";
import { referenceKey } from "./reference/key-identity.ts";

// A generator that never makes the hard cases proves nothing.
test("generated events have disorder, equal times, stragglers, odd keys, absent and null fields, and empty sequences", () => {
  const lists = fc.sample(events({ keys: "odd", straggleMs: 500, numbers: "any" }), { numRuns: 300, seed: 7 });
  const pairs = lists.flatMap((list) => list.slice(1).map((event, index) => [list[index], event] as const));
  const all = lists.flat();
  const seen = {
    empty: lists.some((list) => list.length === 0),
    disorder: pairs.some(([before, event]) => before !== undefined && before.t > event.t),
    equal: pairs.some(([before, event]) => before?.t === event.t),
    stragglers: pairs.some(([before, event]) => before !== undefined && before.t > event.t + 100),
    absent: all.some((event) => !("maybe" in event)),
    present: all.some((event) => "maybe" in event),
    null: all.some((event) => event.orNull === null),
    nan: all.some((event) => Number.isNaN(event.v)),
    fractions: all.some((event) => !Number.isInteger(event.v)),
    surrogates: all.some((event) => event.text === "\ud800"),
  };
  assert.deepEqual(
    Object.entries(seen).filter(([, has]) => !has),
    [],
  );
  assert.ok(new Set(all.map((event) => referenceKey(event.key).identity)).size >= 25);
});

test("split input deals every record out once and reads each", () => {
  fc.assert(
    fc.property(splitEvents("in", 3), ({ inputs, order }) => {
      const splits = inputs["in"] ?? [];
      assert.equal(order.length, splits.flat().length);
      splits.forEach((elements, split) =>
        assert.equal(order.filter(([, picked]) => picked === split).length, elements.length),
      );
    }),
    { numRuns: 50 },
  );
});
