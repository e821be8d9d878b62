import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ROW_KINDS } from "../record/batch.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { countAggregate } from "./aggregates/count.ts";
import { maxAggregate, minAggregate } from "./aggregates/extremes.ts";
import { meanAggregate } from "./aggregates/mean.ts";
import { sumAggregate } from "./aggregates/sum.ts";
import { changeLoop } from "./change-loop.ts";
import { lentMemory, ownedMemory } from "./change-memory.ts";
import { CompiledAggregates } from "./compiled-aggregates.ts";

const same = (value: number): number => value;
const aggregates = new CompiledAggregates({
  n: countAggregate(),
  sum: sumAggregate(same),
  max: maxAggregate(same),
  mean: meanAggregate(same),
  min: minAggregate(same),
  again: sumAggregate(same),
} as unknown as NamedAggregates);

const records = fc.array(
  fc.record({ slot: fc.nat(3), value: fc.integer(), watermark: fc.nat(9), parts: fc.tuple(fc.integer(), fc.double()) }),
  { maxLength: 12 },
);

/** Row of the batch, results, time, watermark, kind and parts of each change, one after another. */
function expectedOf(
  given: readonly { slot: number; value: number; watermark: number; parts: readonly number[] }[],
  held: number,
  from: number,
  parts: number,
): number[][] {
  const table = new Map<number, number[]>();
  const changes: number[][] = [];
  let watermark = held;
  for (const [i, record] of given.entries()) {
    const before = table.get(record.slot);
    const { value } = record;
    const [n, sum, max, , min] = (before ?? [0, 0, -Infinity, 0, Infinity]) as [number, number, number, number, number];
    const added = sum + value;
    const after = [n + 1, added, Math.max(max, value), added / (n + 1), Math.min(min, value), added];
    table.set(record.slot, after);
    if (i < from) continue;
    watermark = Math.max(watermark, record.watermark);
    const row = given.length - 1 - i;
    const facts = [row, row * 10, watermark];
    const key = record.parts.slice(0, parts);
    if (before !== undefined) changes.push([...facts, ROW_KINDS.updateBefore, ...before, ...key]);
    changes.push([...facts, before === undefined ? ROW_KINDS.insert : ROW_KINDS.updateAfter, ...after, ...key]);
  }
  return changes;
}

for (const codeGeneration of [true, false]) {
  test(`changes are those of a Map, ${codeGeneration ? "generated" : "interpreted"}`, () => {
    const lent = lentMemory(6, true);
    const loopsOf = (stride: number | null): ReturnType<typeof changeLoop>[] =>
      [0, 1, 2].map((parts) => changeLoop(aggregates.members, { parts, stride, codeGeneration }));
    const loops = { lent: loopsOf(lent.stride), owned: loopsOf(null) };
    fc.assert(
      fc.property(records, fc.nat(2), fc.nat(9), fc.nat(12), fc.boolean(), (given, parts, held, cut, isLent) => {
        const { length } = given;
        const from = Math.min(cut, length);
        // Records are of the rows of the batch from the last to the first.
        const byRow = given.toReversed();
        const column = (of: (record: (typeof given)[number], row: number) => number): Float64Array =>
          Float64Array.from(byRow, of);
        const input = {
          values: aggregates.members.map(({ index }) => (index === 0 ? null : column(({ value }) => value))),
          timestamps: column((_, row) => row * 10),
          watermarks: column(({ watermark }) => watermark),
          parts: Array.from({ length: parts }, (_, part) => column((record) => record.parts[part] as number)),
          held,
        };
        const words = new Float64Array(4 * aggregates.width);
        for (let slot = 0; slot < 4; slot++) aggregates.clear(words, slot * aggregates.width);
        const changes = {
          slots: Int32Array.from(given, ({ slot }) => slot * aggregates.width),
          isFirst: Uint8Array.from(given, ({ slot }, i) =>
            given.findIndex((other) => other.slot === slot) === i ? 1 : 0,
          ),
          rows: Int32Array.from(given, (_, i) => length - 1 - i),
        };
        const memory = isLent ? lent : ownedMemory(6);
        const loop = (isLent ? loops.lent : loops.owned)[parts] as ReturnType<typeof changeLoop>;
        // Those before the cut are a batch of their own.
        loop(words, { ...changes, from: 0, end: from }, input, memory.take(0, 2 * length));
        const to = memory.take(0, 2 * length);
        const watermark = loop(words, { ...changes, from, end: length }, input, to);
        const expected = expectedOf(given, held, from, parts);
        const made = expected.map((_, i) => [
          to.rows[i],
          to.timestamps[i],
          to.watermarks[i],
          to.rowKinds[i],
          ...to.numbers.map((numbers) => numbers[i]),
          ...input.parts.map((_part, part) => to.part(part)[i]),
        ]);
        assert.deepEqual(made, expected);
        assert.equal(watermark, expected.at(-1)?.[2] ?? held);
        memory.release();
      }),
      { numRuns: 300 },
    );
  });
}

test("a fold leaves the word that add leaves, of odd numbers too", () => {
  const number = fc.oneof(fc.double(), fc.constantFrom(-0, 0, Number.NaN, Infinity, -Infinity, 0.1));
  const folding = aggregates.members.flatMap(({ aggregate: { words } }) => (words?.fold === undefined ? [] : [words]));
  assert.equal(folding.length, 5);
  fc.assert(
    fc.property(number, number, (word, value) => {
      for (const form of folding) {
        const words = Float64Array.of(word);
        form.add(words, 0, value);
        assert.deepEqual(form.fold?.(word, value), words[0]);
        assert.deepEqual(form.result(words, 0), words[0]);
      }
    }),
  );
});
