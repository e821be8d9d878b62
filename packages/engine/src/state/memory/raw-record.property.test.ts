import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TidemarkError } from "../../foundation/error.ts";
import { decodeValue, encodeValue } from "../../record/value-codec.ts";
import { PLAIN_CODEC } from "../state-codec.ts";
import { PayloadReader } from "./payload-reader.ts";
import { PayloadWriter } from "./payload-writer.ts";
import { TypedValues } from "./typed-values.ts";

const text = fc.oneof(fc.string({ unit: "grapheme", maxLength: 40 }), fc.constantFrom("", "\ufeff", "x".repeat(600)));
const record = fc.oneof(
  fc.record({ id: fc.integer(), at: fc.double(), name: text, isOpen: fc.boolean() }),
  fc.record({ name: text, part: fc.constantFrom([1, "a"], { deep: -0 }, new Date(0), null, undefined), other: text }),
  fc.record({ a: fc.boolean(), b: fc.boolean(), c: fc.boolean() }),
  fc.record({ ключ: text, toString: fc.integer() }),
  fc.constant({}),
);

/** Bytes of a payload that hold the records, one after another behind `before` bytes. */
function written(records: readonly object[], before = 0): Uint8Array {
  const values = new TypedValues(PLAIN_CODEC);
  const writer = new PayloadWriter();
  for (let i = 0; i < before; i++) writer.u8(7);
  for (const each of records) values.write(writer, values.store(each, 0));
  return writer.finish();
}

function read(bytes: Uint8Array, count: number, before = 0): unknown[] {
  const values = new TypedValues(PLAIN_CODEC);
  const reader = new PayloadReader(bytes);
  reader.take(before);
  const all = Array.from({ length: count }, () => values.load(values.read(reader)));
  assert.equal(reader.remaining, 0);
  return all;
}

test("records of a payload come back, wherever in it they are", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 12 }), fc.nat(9), (records, before) => {
      const all = read(written(records, before), records.length, before);
      const expected = records.map((each) => decodeValue(encodeValue(each)));
      assert.deepStrictEqual(all, expected);
      all.forEach((each, i) => assert.deepEqual(Object.keys(each as object), Object.keys(expected[i] as object)));
    }),
  );
});

test("the same records are the same bytes, whatever was in their blocks before", () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), (records) => {
      const values = new TypedValues(PLAIN_CODEC);
      const used = records.map(() => values.store({ id: -1, at: Number.NaN, name: "#".repeat(64), isOpen: true }, 0));
      const writer = new PayloadWriter();
      for (const at of used) values.release(at);
      records.forEach((each, i) => values.write(writer, values.store(each, i === 0 ? 0 : values.store(records[0], 0))));
      assert.deepEqual(writer.finish(), written(records));
    }),
  );
});

test("a record that damage leaves readable is plain data; anything else is refused as corrupt", () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 }),
      fc.option(fc.nat()),
      (records, flips, cut) => {
        const bytes = written(records);
        for (const [at, flip] of flips) bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ flip;
        const damaged = cut === null ? bytes : bytes.slice(0, cut % bytes.length);
        const values = new TypedValues(PLAIN_CODEC);
        const reader = new PayloadReader(damaged);
        try {
          while (reader.remaining > 0) encodeValue(values.load(values.read(reader)));
        } catch (error) {
          assert.ok(error instanceof TidemarkError, String(error));
          assert.equal(error.code, "TM_CHECKPOINT_CORRUPT");
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
