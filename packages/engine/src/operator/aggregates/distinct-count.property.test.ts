import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeKey } from "../../record/key-codec.ts";
import type { Key } from "../../record/key-column.ts";
import { Journal } from "../../state/memory/journal.ts";
import { decodeField, encodeField, KeptBytes } from "../../state/memory/kept-bytes.ts";
import { KeptObjects } from "../../state/memory/kept-objects.ts";
import { distinctCountAggregate } from "./distinct-count.ts";

const NAMES = 4;
const { create, add, merge, result, codec } = distinctCountAggregate((value: Key) => value);
type Distinct = ReturnType<typeof create>;

const number = fc.oneof(
  fc.integer({ min: -5, max: 90 }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, 0.5, 2 ** 53, 2 ** 53 + 2, Number.NaN, Number.POSITIVE_INFINITY),
);
const other = fc.constantFrom<Key>("1", "", true, 1n, ["1"], [1], [-0]);
const step = fc.record({
  do: fc.constantFrom("add" as const, "add", "add", "evict", "merge", "again", "snapshot", "undone"),
  at: fc.nat(NAMES - 1),
  from: fc.nat(NAMES - 1),
  values: fc.array(fc.oneof({ weight: 60, arbitrary: number }, { weight: 1, arbitrary: other }), { maxLength: 40 }),
});
const text = (value: Key): string => encodeKey(value).join(" ");

test("distinct counts are those of canonical keys, through evictions, merges, snapshots and undone writes", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const journal = new Journal();
      const bytes = new KeptBytes(journal);
      const objects = new KeptObjects(journal, bytes);
      const cells = Array.from({ length: NAMES }, () => objects.put(0, create(), codec));
      const model = Array.from({ length: NAMES }, () => new Set<string>());
      const get = (at: number): Distinct => objects.get(cells[at] as number, codec) as Distinct;
      for (const { do: what, at, from, values } of steps) {
        const mine = model[at] as Set<string>;
        const cell = cells[at] as number;
        if (what === "add") {
          let distinct = get(at);
          for (const value of values) distinct = add(distinct, value, 0);
          for (const value of values) mine.add(text(value));
          objects.put(cell, distinct, codec);
        } else if (what === "evict") {
          const others = Array.from({ length: 2_100 }, () => objects.put(0, create(), codec));
          for (const each of others) objects.release(each);
        } else if (what === "merge") {
          objects.put(cell, merge(merge(create(), get(at)), get(from)), codec);
          for (const value of model[from] as Set<string>) mine.add(value);
        } else if (what === "again") {
          objects.put(cell, decodeField(encodeField(get(at), codec).slice(), codec), codec);
        } else if (what === "undone") {
          journal.begin();
          objects.put(cell, create(), codec);
          journal.rollback();
        } else {
          objects.freeze();
          bytes.freeze();
          const sizes = model.map(({ size }) => size);
          for (const value of values) objects.put(cell, add(get(at), value, 0), codec);
          for (const value of values) mine.add(text(value));
          cells.forEach((each, i) =>
            assert.equal(result(decodeField(objects.written(each, codec), codec) as Distinct), sizes[i]),
          );
          objects.thaw();
          bytes.thaw();
        }
        model.forEach(({ size }, i) => assert.equal(result(get(i)), size));
      }
    }),
    { numRuns: 60 },
  );
});

test("damaged numbers are corrupt", () => {
  const good = encodeField(add(create(), 7, 0), codec).slice();
  assert.equal(good.length, 12);
  for (const bad of [good.slice(0, 11), good.slice(0, 3), good.with(2, 1), good.with(0, 12)])
    assert.throws(() => decodeField(bad, codec), { code: "TM_CHECKPOINT_CORRUPT" });
});
