import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NamedAggregates, AnyAggregate } from "./aggregate-set.ts";
import { countAggregate } from "./aggregates/count.ts";
import { maxAggregate, minAggregate } from "./aggregates/extremes.ts";
import { firstAggregate } from "./aggregates/first-last.ts";
import { meanAggregate } from "./aggregates/mean.ts";
import { quantileAggregate } from "./aggregates/quantile.ts";
import { sumAggregate } from "./aggregates/sum.ts";
import { varianceAggregate } from "./aggregates/variance.ts";
import { CompiledAggregates } from "./compiled-aggregates.ts";

const same = (value: number): number => value;
const named = {
  n: countAggregate(),
  sum: sumAggregate(same),
  min: minAggregate(same),
  first: firstAggregate(same),
  max: maxAggregate(same),
  p: quantileAggregate(same, 0.5),
  mean: meanAggregate(same),
  variance: varianceAggregate(same),
} as unknown as NamedAggregates;
const members = Object.values(named) as unknown as AnyAggregate[];

const number = fc.oneof(
  fc.double({ noDefaultInfinity: true }),
  fc.constantFrom(-0, 0, Number.NaN, Number.MAX_VALUE, -Number.MAX_VALUE, 0.1),
);
/** Values of panes, the earliest first. */
const panes = fc.array(fc.array(number, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });

/** What the functions of the aggregates make of the panes; null where an aggregate has no words. */
function expected(values: readonly (readonly number[])[]): (number | null)[] {
  return members.map((aggregate) => {
    if (aggregate.words === null) return null;
    const accumulators = values.map((pane) =>
      pane.reduce((accumulator: unknown, value) => aggregate.add(accumulator, value, 0), aggregate.create()),
    );
    const [single] = accumulators;
    if (accumulators.length === 1) return aggregate.result(single) as number;
    return aggregate.result(
      accumulators.reduce((merged, other) => aggregate.merge(merged, other), aggregate.create()),
    ) as number;
  });
}

for (const codeGeneration of [true, false]) {
  test(`words add, merge and give results as the functions do, ${codeGeneration ? "generated" : "interpreted"}`, () => {
    const compiled = new CompiledAggregates(named, { firstField: 1, codeGeneration });
    fc.assert(
      fc.property(fc.array(panes, { minLength: 1, maxLength: 4 }), (keys) => {
        const { width } = compiled;
        const results = compiled.members.map(({ place }) => (place === "words" ? new Float64Array(keys.length) : null));
        const merged = new Float64Array(keys.length * width);
        keys.forEach((values, key) => {
          const words = new Float64Array(values.length * width);
          values.forEach((pane, p) => {
            compiled.clear(words, p * width);
            const columns = compiled.members.map(({ place }) => (place === "words" ? Float64Array.from(pane) : null));
            const rows = Int32Array.from(pane, (_, row) => row);
            // One slot that is passed over, to see that nothing is added to it.
            const slots = Int32Array.from([...pane.map(() => p * width), -1]);
            compiled.add(words, slots, Int32Array.from([...rows, 0]), pane.length + 1, columns);
            compiled.merge(merged, Int32Array.of(p === 0 ? -1 - key : key), words, Int32Array.of(p * width), 1);
          });
        });
        compiled.results(
          merged,
          Int32Array.from(keys, (_, key) => key * width),
          keys.length,
          results,
          0,
        );
        keys.forEach((values, key) => {
          assert.deepEqual(
            results.map((column) => (column === null ? null : column[key])),
            expected(values),
          );
        });
      }),
    );
  });
}

test("a slot has a field per number or value", () => {
  const { fields } = new CompiledAggregates(named);
  const expectedFields = [
    ["n#count/1 number", "sum#sum/1 number", "min#min/1 number", "first#first/1 value", "max#max/1 number"],
    ["p#quantile/1 value"],
    ["mean#mean/1.count number", "mean#mean/1.sum number"],
    ["variance#variance/1.count number", "variance#variance/1.mean number", "variance#variance/1.squares number"],
  ].flat();
  assert.deepEqual(
    fields.map(({ name, kind }) => `${name} ${kind}`),
    expectedFields,
  );
  assert.deepEqual(
    fields.filter(({ isolation }) => isolation === "live").map(({ name }) => name),
    ["p#quantile/1"],
  );
});
