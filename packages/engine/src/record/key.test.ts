import assert from "node:assert/strict";
import test from "node:test";
import { BatchBuilder } from "./batch-builder.ts";
import type { RecordBatch } from "./batch.ts";
import { decodeKey, keyColumnOf } from "./key-codec.ts";
import { compileKeyFunction, computeKeys } from "./key.ts";
import { recordOf } from "./row-copy.ts";

function batchOf(records: readonly unknown[]): RecordBatch {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout: null, emit: (batch) => batches.push(batch) });
  for (const [i, record] of records.entries()) builder.append(record, { timestamp: i, watermark: 0 });
  builder.flush();
  return batches[0]!;
}

const keysOf = ({ keys, length }: RecordBatch): unknown[] =>
  Array.from({ length }, (_, i) =>
    decodeKey(keys!.bytes.subarray(keys!.offsets[i], keys!.offsets[i]! + keys!.lengths[i]!)),
  );

const RECORDS = [
  { a: 1, b: "x" },
  { a: 2, b: "y" },
  { a: 1, b: "x" },
];
const never = (): never => assert.fail("no error was due");

for (const codeGeneration of [true, false]) {
  for (const debug of [true, false]) {
    const options = { codeGeneration, debug };
    const how = JSON.stringify(options);

    test(`each row gets its key (${how})`, () => {
      const batch = compileKeyFunction((r: { a: number; b: string }) => [r.b, r.a], options).run(
        batchOf(RECORDS),
        never,
      );
      assert.deepStrictEqual(keysOf(batch), [
        ["x", 1],
        ["y", 2],
        ["x", 1],
      ]);
      assert.deepStrictEqual(
        batch.keys!.hashes,
        keyColumnOf([
          ["x", 1],
          ["y", 2],
          ["x", 1],
        ]).hashes,
      );
    });

    test(`rows without a key are skipped if the handler says so (${how})`, () => {
      const failed: unknown[] = [];
      const fn = compileKeyFunction((r: { a: number; b: string }) => {
        if (r.a === 2) throw new Error("two");
        return r.b === "x" ? r.b : (r as never);
      }, options);
      const records = [...RECORDS, { a: 3, b: "z" }];
      const batch = fn.run(batchOf(records), (error, { row, record, step }) =>
        failed.push([(error as Error).message.slice(0, 15), row, record, step]),
      );
      assert.deepStrictEqual(keysOf(batch), ["x", "x"]);
      assert.deepStrictEqual([recordOf(batch, 1), batch.timestamps[1]], [RECORDS[2], 2]);
      assert.deepStrictEqual(failed, [
        ["two", 1, RECORDS[1], 0],
        ["a value of type", 3, records[3], 0],
      ]);
    });

    test(`an error that is not skipped leaves nothing for the next batch (${how})`, () => {
      const fn = compileKeyFunction((r: { a: number }) => (r.a === 2 ? null : r.a), options);
      const stop = (error: unknown): never => {
        throw error;
      };
      assert.throws(() => fn.run(batchOf(RECORDS), stop), { code: "TM_KEY" });
      assert.deepStrictEqual(keysOf(fn.run(batchOf([{ a: 7 }]), stop)), [7]);
    });

    test(`records of any layout have keys (${how})`, () => {
      const fn = compileKeyFunction((r: unknown) => String(r), options);
      assert.deepStrictEqual(keysOf(fn.run(batchOf([1, null, "x"]), never)), ["1", "null", "x"]);
      assert.deepStrictEqual(keysOf(computeKeys(batchOf([true]), (r: boolean) => r, never)), [true]);
    });
  }
}

test("keys that are columns: where a batch has more bytes of keys than are written at once, and where a key is too long", () => {
  const keyFunction = compileKeyFunction((r: { a: number; b: string }) => [r.b, r.a], { debug: false });
  const long = (rows: number, length: number): RecordBatch =>
    batchOf(Array.from({ length: rows }, (_, a) => ({ a, b: `${a}`.padEnd(length, "x") })));
  const { keys } = keyFunction.run(long(200, 40_000), never);
  assert.deepStrictEqual(keys!.hashes[150], keyColumnOf([["150".padEnd(40_000, "x"), 150]]).hashes[0]);
  const failed: unknown[] = [];
  const kept = keyFunction.run(long(2, 70_000), (error) => failed.push((error as { code: unknown }).code));
  assert.deepEqual([kept.length, failed], [0, ["TM_KEY", "TM_KEY"]]);
});
