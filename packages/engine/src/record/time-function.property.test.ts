import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "./batch-builder.ts";
import type { RecordBatch } from "./batch.ts";
import { layoutOf, VALUE_LAYOUT } from "./layout.ts";
import { compileTimeFunction } from "./time-function.ts";

interface In {
  readonly i: number;
  readonly f: number;
  readonly n: number | null;
  readonly s: string;
}

const LAYOUT = layoutOf([
  { name: "i", kind: "int32", nullable: false, optional: false },
  { name: "f", kind: "float64", nullable: false, optional: false },
  { name: "n", kind: "float64", nullable: true, optional: false },
  { name: "s", kind: "utf8", nullable: false, optional: false },
]);

const fail = (message: string): never => {
  throw new Error(message);
};

const TIMES: readonly ((r: In) => unknown)[] = [
  (r) => r.i,
  ({ f }) => f,
  ({ n }) => n,
  (r) => r.s,
  (r) => (r as unknown as { missing: unknown }).missing,
  (r) => r.f * 1_000,
  (r) => (r.i % 3 === 0 ? fail(`at ${r.s}`) : r.i),
  (r) => (r.i % 3 === 0 ? fail(`at ${r.s}`) : r.f),
  (r) => Date.parse(r.s),
];

const record: fc.Arbitrary<In> = fc.record({
  i: fc.oneof(fc.nat(9), fc.integer()),
  f: fc.oneof(fc.nat(9), fc.constantFrom(-0, 0.5, Number.NaN, Infinity)),
  n: fc.option(fc.nat(9)),
  s: fc.constantFrom("", "2001-02-03", "never"),
});

function batchOf(records: readonly unknown[], layout: typeof LAYOUT): RecordBatch {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout, emit: (batch) => batches.push(batch) });
  for (const one of records) builder.append(one, { timestamp: 0, watermark: 0 });
  builder.flush();
  return batches[0] as RecordBatch;
}

/** What becomes of each row: its time, or why it has none. */
function meaning(fn: (r: In) => unknown, records: readonly In[]): unknown[] {
  return records.map((one) => {
    try {
      const value = fn(one);
      return typeof value === "number" && Number.isFinite(value) ? value : ["returned", value];
    } catch (error) {
      return ["threw", (error as Error).message];
    }
  });
}

for (const [index, fn] of TIMES.entries()) {
  test(`times are those that the function gives, each call once: ${index} ${String(fn)}`, () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), fc.boolean(), (records, isStruct) => {
        for (const options of [
          { debug: false, codeGeneration: true },
          { debug: true, codeGeneration: true },
          { debug: false, codeGeneration: false },
        ]) {
          const found: unknown[] = [];
          const { times, rows } = compileTimeFunction(fn as (r: never) => unknown, options).run(
            batchOf(records, isStruct ? LAYOUT : VALUE_LAYOUT),
            ({ row, threw, value }) => {
              found[row] = threw ? ["threw", (value as Error).message] : ["returned", value];
            },
          );
          for (const row of rows ?? records.keys()) found[row] = times[row];
          assert.deepStrictEqual(found, meaning(fn, records));
        }
      }),
      { numRuns: 60 },
    );
  });
}

for (const codeGeneration of [true, false]) {
  test(`a time is a finite number (generated: ${codeGeneration})`, () => {
    const values = [0, -1.5, Number.MAX_VALUE, Number.NaN, Infinity, "12", null, undefined, 12n, new Date()];
    let next = 0;
    const times = compileTimeFunction(() => values[next++], { debug: false, codeGeneration });
    const failed: unknown[] = [];
    const { rows } = times.run(
      batchOf(
        values.map(() => ({ i: 1, f: 1, n: 1, s: "" })),
        LAYOUT,
      ),
      ({ value }) => failed.push(value),
    );
    assert.deepStrictEqual([...rows!], [0, 1, 2]);
    assert.deepStrictEqual(failed, values.slice(3));
  });

  test(`a failure that stops the source is told once (generated: ${codeGeneration})`, () => {
    let calls = 0;
    const times = compileTimeFunction(() => fail(`call ${++calls}`), { debug: false, codeGeneration });
    const stop = (): never => fail("stops here");
    assert.throws(() => times.run(batchOf([{ i: 1, f: 1, n: 1, s: "" }], LAYOUT), stop), /stops here/);
    assert.equal(calls, 1);
  });
}
