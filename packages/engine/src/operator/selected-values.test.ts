import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchBuilder } from "../record/batch-builder.ts";
import type { RecordBatch } from "../record/batch.ts";
import type { NamedAggregates } from "./aggregate-set.ts";
import { countAggregate } from "./aggregates/count.ts";
import { customAggregate } from "./aggregates/custom.ts";
import { maxAggregate } from "./aggregates/extremes.ts";
import { lastAggregate } from "./aggregates/first-last.ts";
import { sumAggregate } from "./aggregates/sum.ts";
import { CompiledAggregates, type CompiledMember } from "./compiled-aggregates.ts";
import { SelectedValues } from "./selected-values.ts";

interface Row {
  readonly v: number;
}

function batchOf(records: readonly unknown[]): RecordBatch {
  const made: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout: null, emit: (batch) => made.push(batch) });
  for (const record of records) builder.append(record, { timestamp: 0, watermark: 0 });
  builder.flush();
  return made[0] as RecordBatch;
}

const read = (row: Row): number => {
  if (row.v === 13) throw new Error("thirteen");
  return row.v;
};
const named = {
  n: countAggregate(),
  sum: sumAggregate(read),
  last: lastAggregate(),
  a: maxAggregate((row: Row) => row.v * 2),
  b: sumAggregate((row: Row) => (row.v === 5 ? Number.POSITIVE_INFINITY : row.v)),
  c: sumAggregate((row: Row) => (row.v === 6 ? ("6" as unknown as number) : Number.NaN)),
  own: customAggregate({
    create: () => 0,
    add: (count: number, row: Row) => count + row.v,
    merge: (x, y) => x + y,
    result: (x) => x,
  }),
} as unknown as NamedAggregates;

for (const codeGeneration of [true, false]) {
  for (const debug of [true, false]) {
    test(`selectors fill columns row by row, generated=${codeGeneration} debug=${debug}`, () => {
      const compiled = new CompiledAggregates(named, { codeGeneration });
      const selected = new SelectedValues(compiled, { debug, codeGeneration });
      const records = [1, 13, 2, 5, 6, 3].map((v) => ({ v }));
      const errors: [number, string][] = [];
      const batch = batchOf(records);
      selected.bind(batch);
      const fail = (error: unknown, row: number): void => {
        errors.push([row, (error as Error).message]);
      };
      assert.equal(selected.select(Int32Array.of(0, 2), 2, fail), true);
      assert.equal(selected.select(Int32Array.of(1, 3, 4, 5), 4, fail), false);
      assert.deepEqual(
        errors.map(([row, message]) => [row, message.slice(0, 27)] as const).sort(([a], [b]) => a - b),
        [
          [1, "thirteen"],
          [3, "the function of sum() must "],
          [4, "the function of sum() must "],
        ],
      );
      assert.deepEqual([...selected.failed.subarray(0, 6)], [0, 1, 0, 1, 1, 0]);
      const values = (name: string): unknown[] => {
        const member = compiled.members.find((each) => each.name === name) as CompiledMember;
        return [0, 2, 5].map((row) => selected.valueOf(member, row));
      };
      assert.deepEqual(values("n"), [undefined, undefined, undefined]);
      assert.deepEqual(values("sum"), [1, 2, 3]);
      assert.deepEqual(values("last"), [{ v: 1 }, { v: 2 }, { v: 3 }]);
      assert.deepEqual(values("a"), [2, 4, 6]);
      assert.deepEqual(values("c"), [Number.NaN, Number.NaN, Number.NaN]);
      const own = compiled.members.find(({ name }) => name === "own") as CompiledMember;
      assert.deepEqual({ ...(selected.valueOf(own, 2) as object) }, { v: 2 });
      selected.release();
      selected.bind(batchOf([7]));
      assert.equal(selected.select(Int32Array.of(0), 1, fail), false);
      assert.equal(selected.failed[0], 1);
    });
  }
}
