import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "../../record/batch-builder.ts";
import type { RecordBatch } from "../../record/batch.ts";
import { cellOf } from "../../record/cell.ts";
import { type Field, layoutOf } from "../../record/layout.ts";
import { openRows } from "../../record/record-view.ts";
import { recordOf, selectRows } from "../../record/row-copy.ts";
import { decodeValue, encodeValue } from "../../record/value-codec.ts";
import { ByteReader } from "../byte-reader.ts";
import { PayloadReader } from "./payload-reader.ts";
import { PayloadWriter } from "./payload-writer.ts";
import { PLAIN_CODEC } from "../state-codec.ts";
import type { FormColumns } from "./record-form.ts";
import { TypedValues } from "./typed-values.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme-ascii", maxLength: 80 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("", "\ufeffmark", "\ud800", "é", "x".repeat(60), "ü".repeat(3_000), "y".repeat(200_000)),
);
const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, Number.NaN, 127, 128, -1, 2 ** 31, -(2 ** 31)),
);
const scalar = fc.oneof(number, text, fc.boolean(), fc.constant(null), fc.constant(undefined), fc.bigInt());
const nested = fc.oneof(
  fc.array(scalar, { maxLength: 3 }),
  fc.record({ deep: scalar, date: fc.date() }),
  fc.constantFrom(new Map([[1, "a"]]), new Uint8Array([1, 2, 3]), new Array(2), {}),
);
const names = fc.constantFrom("a", "b", "c", "price", "constructor", "toJSON", "7", "toString", "ключ", "__proto__");
/** Few shapes, many values, so that forms are found again; and some of any shape. */
const record = fc.oneof(
  fc.record({ id: number, name: text, isOpen: fc.boolean(), note: text }),
  fc.record({ id: number, name: text, tags: nested }, { requiredKeys: ["id"] }),
  fc.record({ note: text }, { noNullPrototype: false }),
  fc.dictionary(names, fc.oneof(scalar, nested), { maxKeys: 4 }),
);
const value = fc.oneof(
  { weight: 4, arbitrary: record },
  scalar.filter((v) => v !== undefined),
  nested,
);

/** As the value codec gives it back. */
const copied = (of: unknown): unknown => decodeValue(encodeValue(of));

function assertSame(actual: unknown, expected: unknown): void {
  assert.deepStrictEqual(actual, expected);
  // deepStrictEqual is silent about the order of keys.
  if (typeof expected === "object" && expected !== null) {
    assert.deepEqual(Object.keys(actual as object), Object.keys(expected));
  }
}

test("a value that was kept comes back as the value codec would give it, whatever was kept and released meanwhile", () => {
  for (const codeGeneration of [true, false]) {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.option(value, { nil: undefined })), { maxLength: 60 }), (steps) => {
        const values = new TypedValues(PLAIN_CODEC, { codeGeneration });
        const kept = new Map<number, { at: number; expected: unknown }>();
        for (const [slot, next] of steps) {
          const before = kept.get(slot);
          if (next === undefined) {
            if (before !== undefined) values.release(before.at);
            kept.delete(slot);
          } else {
            kept.set(slot, { at: values.store(next, before?.at ?? 0), expected: copied(next) });
          }
          for (const { at, expected } of kept.values()) assertSame(values.load(at), expected);
        }
        for (const { at } of kept.values()) values.release(at);
        assert.equal(values.bytes, 0);
      }),
    );
  }
});

test("what a checkpoint holds reads back as the same value, where it has no layout from the value codec's bytes", () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 10 }), (all) => {
      const values = new TypedValues(PLAIN_CODEC);
      const restored = new TypedValues(PLAIN_CODEC);
      for (const one of all) {
        const writer = new PayloadWriter();
        values.write(writer, values.store(one, 0));
        const bytes = writer.finish();
        const reader = new PayloadReader(bytes);
        assertSame(restored.load(restored.read(reader)), copied(one));
        assert.equal(reader.remaining, 0);
        const isEncoded = bytes[0] === 0;
        if (isEncoded) assertSame(decodeValue(new ByteReader(bytes.subarray(1)).bytes()), copied(one));
      }
    }),
  );
});

test("what is no plain data is refused with its path, and what was there stays", () => {
  const values = new TypedValues(PLAIN_CODEC);
  const at = values.store({ n: 1, part: [1] }, 0);
  for (const [bad, path] of [
    [{ n: 1, part: [() => 1] }, "value.part[0]"],
    [{ n: Symbol("s"), part: [] }, "value.n"],
    [{ [Symbol("key")]: 1, n: 1, part: [1] }, ""],
  ] as const) {
    assert.throws(
      () => values.store(bad, at),
      (error: { facts?: { path?: string }; message: string }) => {
        assert.match(error.message, /cannot be stored/);
        if (path !== "") assert.match(JSON.stringify(error), new RegExp(path.replaceAll(/[[\].]/g, "\\$&")));
        return true;
      },
    );
    assert.deepEqual(values.load(at), { n: 1, part: [1] });
  }
});

const field = (name: string): fc.Arbitrary<Field> =>
  fc.record({
    name: fc.constant(name),
    kind: fc.constantFrom("int32", "float64", "boolean", "utf8", "dictionary"),
    nullable: fc.boolean(),
    optional: fc.boolean(),
  });

const CELLS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  float64: number,
  boolean: fc.boolean(),
  utf8: text,
  dictionary: fc.constantFrom("one", "zwei", "три", ""),
};

/** Fields, and records that have them. */
const table = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.array(fc.boolean()))
  .chain(([count]) => fc.tuple(...["a", "b", "c", "d", "e"].slice(0, count).map(field)))
  .chain((fields) =>
    fc.record({
      fields: fc.constant(fields),
      records: fc.array(
        fc.tuple(
          ...fields.map(({ kind, nullable, optional }) =>
            fc.oneof(
              { weight: 5, arbitrary: CELLS[kind] as fc.Arbitrary<unknown> },
              ...(nullable ? [fc.constant(null)] : []),
              ...(optional ? [fc.constant(undefined)] : []),
            ),
          ),
        ),
        { maxLength: 8 },
      ),
    }),
  );

function batchOf({
  fields,
  records,
}: {
  fields: readonly Field[];
  records: readonly (readonly unknown[])[];
}): RecordBatch | null {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout: layoutOf(fields), emit: (batch) => batches.push(batch) });
  for (const cells of records) {
    const present = fields.map(({ name }, i) => [name, cells[i]]).filter(([, cell]) => cell !== undefined);
    builder.append(Object.fromEntries(present), { timestamp: 0, watermark: 0 });
  }
  builder.flush();
  return batches[0] ?? null;
}

test("rows of batches are kept as their plain copies would be, and copied to columns unchanged", () => {
  fc.assert(
    fc.property(table, (given) => {
      const batch = batchOf(given);
      if (batch === null) return;
      const values = new TypedValues(PLAIN_CODEC);
      const kept: { at: number; row: number }[] = [];
      for (let row = 0; row < batch.length; row++) {
        const at = values.storeRow(batch, row, 0);
        const plain = recordOf(batch, row);
        // Strings with lone surrogates have no UTF-8.
        if (at === 0) assert.ok(Object.values(plain as object).some((v) => typeof v === "string" && !v.isWellFormed()));
        else {
          assertSame(values.load(at), plain);
          kept.push({ at, row });
        }
      }
      assertColumns(values, batch, kept);
    }),
  );
});

function assertColumns(values: TypedValues, batch: RecordBatch, kept: readonly { at: number; row: number }[]): void {
  const [first] = kept;
  if (first === undefined) return;
  const form = values.formAt(first.at);
  assert.ok(form !== null);
  const columns: FormColumns = form.columns(kept.length);
  kept.forEach(({ at }, i) => columns.take(values.chunk(at), values.offset(at), i));
  const copy: RecordBatch = { ...batch, layout: form.columnsLayout, length: kept.length, columns: columns.columns };
  const rows = openRows(copy.layout, { debug: false });
  rows.bind(copy);
  kept.forEach(({ row }, i) => {
    assertSame(recordOf(copy, i), recordOf(batch, row));
    batch.columns.forEach((column, f) => {
      assert.ok(Object.is(cellOf(columns.columns[f] as typeof column, i), cellOf(column, row)));
    });
    assertSame(
      { ...(rows.at(i) as object) },
      {
        ...Object.fromEntries(batch.layout.fields.map(({ name }, f) => [name, cellOf(batch.columns[f] as never, row)])),
      },
    );
  });
  // Texts that are bytes in what is kept, as after a transfer.
  const again = selectRows(copy, Int32Array.from(kept.keys()), kept.length);
  const undecoded = { ...again, columns: again.columns.map((c) => (c.kind === "utf8" ? { ...c, strings: [] } : c)) };
  kept.forEach(({ row }, i) => assertSame(values.load(values.storeRow(undecoded, i, 0)), recordOf(batch, row)));
}
