import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RecordBatch } from "./batch.ts";
import { packBatch, unpackBatch } from "./batch-transfer.ts";
import { cellOf } from "./cell.ts";
import type { Column } from "./column.ts";
import { concatBatches } from "./concat-batches.ts";
import { decodeKey, keyColumnOf } from "./key-codec.ts";
import type { Key } from "./key-column.ts";
import { layoutOf } from "./layout.ts";
import { recordOf, selectRows, sliceRows } from "./row-copy.ts";
import { selectedKeys } from "./selected-keys.ts";
import { stringColumn } from "./string-column.ts";
import { tupleColumn } from "./tuple-column.ts";
import { tupleParts } from "./tuple-parts.ts";

const LAYOUT = layoutOf([{ name: "key", kind: "json", nullable: false, optional: false }]);

type Tuple = readonly [number, string, boolean];

const tuples = fc.array(fc.tuple(fc.double(), fc.string(), fc.boolean()), { minLength: 1, maxLength: 8 });

function batchOf(rows: readonly Tuple[], inParts: boolean): RecordBatch {
  const parts: Column[] = [
    { kind: "float64", presence: null, values: Float64Array.from(rows, ([n]) => n) },
    stringColumn(rows.map(([, text]) => text)),
    { kind: "boolean", presence: null, values: Uint8Array.from(rows, ([, , flag]) => Number(flag)) },
  ];
  const values = rows.map((row) => [...row]);
  return {
    layout: LAYOUT,
    length: rows.length,
    columns: [inParts ? tupleColumn(parts, rows.length) : { kind: "json", presence: null, values }],
    timestamps: new Float64Array(rows.length),
    watermarks: new Float64Array(rows.length),
    rowKinds: null,
    keys: null,
    origin: null,
  };
}

const recordsOf = (batch: RecordBatch): unknown[] =>
  Array.from({ length: batch.length }, (_, row) => recordOf(batch, row));

const partsOf = (batch: RecordBatch): readonly Column[] | undefined => {
  const [column] = batch.columns;
  return column?.kind === "json" ? column.parts : undefined;
};

test("tuples in parts are copied, cut, joined and sent as arrays are, and stay in parts", () => {
  fc.assert(
    fc.property(tuples, tuples, fc.nat(), fc.nat(), fc.boolean(), (first, second, a, b, inParts) => {
      const from = a % first.length;
      const to = from + 1 + (b % (first.length - from));
      const rows = Int32Array.of(to - 1, from, from);
      const ways = (batch: RecordBatch, other: RecordBatch): RecordBatch[] => [
        batch,
        sliceRows(batch, from, to),
        sliceRows(batch, 0, to),
        selectRows(batch, rows, 3),
        ...concatBatches([batch, sliceRows(other, 0, 1), other]),
        unpackBatch(structuredClone(packBatch(sliceRows(batch, from, to)).message)),
      ];
      const made = ways(batchOf(first, true), batchOf(second, inParts));
      const expected = ways(batchOf(first, false), batchOf(second, false));
      assert.deepEqual(made.map(recordsOf), expected.map(recordsOf));
      assert.deepEqual(
        made.map((batch) => partsOf(batch)?.length),
        made.map((_, way) => (way === 4 && !inParts ? undefined : 3)),
      );
    }),
  );
});

test("an array of a tuple is made once, and nobody can change it; a spread column has no parts", () => {
  const column = tupleColumn([{ kind: "float64", presence: null, values: Float64Array.of(1, 2) }], 2);
  const tuple = cellOf(column, 1);
  assert.deepEqual(tuple, [2]);
  assert.equal(cellOf(column, 1), tuple);
  assert.ok(Object.isFrozen(tuple));
  assert.equal({ ...column, values: [] }.parts, undefined);
  const absent: Column = { kind: "float64", presence: Uint8Array.of(1), values: Float64Array.of(1) };
  assert.throws(() => tupleColumn([absent], 1));
});

const integer = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, 2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 32, -(2 ** 32)),
);
const tuplesOfIntegers = fc
  .integer({ min: 1, max: 4 })
  .chain((size) => fc.array(fc.array(integer, { minLength: size, maxLength: size }), { minLength: 1, maxLength: 9 }));
const anyKey: fc.Arbitrary<Key> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(integer, integer) },
  fc.constantFrom<Key>("a", 1.5, 7, true, 7n, ["a", 1], [2], [2, 3, 4], [2, 0.5], [], "\u0060", [-0, 1]),
);

test("parts of keys are those of the keys, where all are tuples of as many integers", () => {
  fc.assert(
    fc.property(fc.oneof(tuplesOfIntegers, fc.array(anyKey, { minLength: 1, maxLength: 6 })), (keys) => {
      const column = keyColumnOf(keys);
      const parts = tupleParts(column, keys.length);
      const first: unknown = keys[0];
      const isAlike = keys.every(
        (key) =>
          Array.isArray(key) &&
          key.length > 0 &&
          key.length === (first as readonly unknown[]).length &&
          key.every((part) => Number.isSafeInteger(part)),
      );
      assert.equal(parts !== null, isAlike);
      if (parts === null) return;
      const read = keys.map((_, row) => parts.map((part) => part[row]));
      // -0 is 0 in a key.
      assert.deepEqual(
        read,
        keys.map((key) => (key as readonly number[]).map((part) => part + 0)),
      );
    }),
  );
});

test("selected keys are those of the rows", () => {
  fc.assert(
    fc.property(
      fc.array(anyKey, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 9 }),
      (keys, picks) => {
        const rows = Int32Array.from(picks, (pick) => pick % keys.length);
        const expected = keyColumnOf(keys);
        const { bytes, offsets, lengths, hashes } = selectedKeys(expected, rows);
        rows.forEach((row, i) => {
          const at = offsets[i] as number;
          const key = decodeKey(bytes.subarray(at, at + (lengths[i] as number)));
          assert.deepEqual(key, decodeKey(keyBytes(expected, row)));
          assert.equal(hashes[i], expected.hashes[row]);
        });
      },
    ),
  );
});

function keyBytes({ bytes, offsets, lengths }: ReturnType<typeof keyColumnOf>, row: number): Uint8Array {
  const at = offsets[row] as number;
  return bytes.subarray(at, at + (lengths[row] as number));
}
