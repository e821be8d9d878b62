import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { recordOf, type Field, type RecordSchema } from "@tidemark/engine/connector";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { memoryHost } from "@tidemark/engine/testing";
import {
  CompressionType,
  Dictionary,
  Int32,
  makeData,
  Utf8,
  Vector,
  compressionRegistry,
  Float64,
  Int64,
  RecordBatchStreamWriter,
  Table,
  tableToIPC,
  TimestampNanosecond,
  vectorFromArray,
} from "apache-arrow";
import { arrow } from "./arrow-binding.ts";
import { decimalTable, GOLDEN_RECORDS, goldenTable } from "./golden-table.test-only.ts";
import { decodeAll, layoutWith, recordsIn, schemaOf, WHOLE } from "./streams.test-only.ts";

const golden = (name: string): Uint8Array => new Uint8Array(readFileSync(`${import.meta.dirname}/golden/${name}`));

/** What a source gives of a file with this content. */
async function recordsOf(content: Uint8Array, schema: RecordSchema): Promise<unknown[]> {
  const host = memoryHost();
  const file = await host.disk.openWrite("a", "create");
  await file.write(content);
  await file.close();
  const { source } = arrow("a");
  const [split] = await source!.splits({ host, port: "p" });
  const reader = await source!.openReader(split!, null, { host, port: "p", schema });
  const seen: unknown[] = [];
  for (let poll = reader.poll(); poll.kind !== "ended"; poll = reader.poll()) {
    if (poll.kind === "waiting") await reader.ready();
    else for (let row = 0; row < poll.batch.length; row++) seen.push(recordOf(poll.batch as never, row));
  }
  await reader.close();
  return seen;
}

const field = (name: string, kind: Field["kind"]): Field => ({ name, kind, nullable: true, optional: false });

describe("what apache-arrow writes", () => {
  for (const name of ["types.arrow", "types.arrows"]) {
    test(`${name} of version 21.2.0 is read, every type`, async () => {
      assert.deepEqual(await recordsOf(golden(name), schemaOf(WHOLE)), GOLDEN_RECORDS);
    });
  }

  test("the library of today writes what reads the same", async () => {
    for (const type of ["file", "stream"] as const)
      assert.deepEqual(await recordsOf(tableToIPC(goldenTable(), type), schemaOf(WHOLE)), GOLDEN_RECORDS);
  });

  test("into columns of the kinds that a schema has, trusted or not", async () => {
    const layout = layoutWith([
      field("int8", "int32"),
      field("int32", "float64"),
      field("int64", "float64"),
      field("uint32", "float64"),
      field("float32", "float64"),
      field("bool", "boolean"),
      field("utf8", "utf8"),
      field("large", "utf8"),
      field("word", "dictionary"),
      field("date", "float64"),
      { ...field("list", "json"), nullable: false },
    ]);
    const expected = GOLDEN_RECORDS.map((record) =>
      Object.fromEntries(layout.fields.map(({ name }) => [name, record[name]])),
    );
    for (const trust of [true, false]) {
      for (const name of ["types.arrow", "types.arrows"])
        assert.deepEqual(await recordsOf(golden(name), schemaOf(layout, trust)), expected);
    }
  });

  test("a dictionary where the schema has any string, and times as texts", async () => {
    const layout = layoutWith([field("word", "utf8"), field("day", "utf8"), field("second", "utf8")]);
    const [first, second] = await recordsOf(golden("types.arrows"), schemaOf(layout));
    assert.deepEqual(first, { word: "a", day: "1970-01-02T00:00:00.000Z", second: "1970-01-01T00:00:01.000Z" });
    assert.deepEqual(second, { word: null, day: null, second: null });
  });

  test("an entry of a dictionary that is null, and a null that refers to none", async () => {
    const word = new Dictionary(new Utf8(), new Int32(), 1);
    const entries = vectorFromArray(["a", null], new Utf8());
    const data = makeData({
      type: word,
      length: 3,
      nullCount: 1,
      nullBitmap: Uint8Array.of(0b011),
      data: Int32Array.of(0, 1, 99),
      dictionary: entries,
    });
    const bytes = tableToIPC(new Table({ word: new Vector([data]) }), "stream");
    for (const trust of [true, false]) {
      for (const kind of ["utf8", "dictionary"] as const) {
        const records = await recordsOf(bytes, schemaOf(layoutWith([field("word", kind)]), trust));
        assert.deepEqual(records, [{ word: "a" }, { word: null }, { word: null }]);
        const optional = layoutWith([{ name: "word", kind, nullable: false, optional: true }]);
        assert.deepEqual(await recordsOf(bytes, schemaOf(optional, trust)), [{ word: "a" }, {}, {}]);
      }
    }
  });

  test("null is absent where a field may be that only", async () => {
    const layout = layoutWith([{ name: "utf8", kind: "utf8", nullable: false, optional: true }]);
    const expected = [{ utf8: "" }, {}, { utf8: "é\u{1F600}" }];
    assert.deepEqual(await recordsOf(golden("types.arrow"), schemaOf(layout)), expected);
  });
});

describe("what cannot be read", () => {
  test("a type without columns is refused with the field's name, unless nobody asks for it", async () => {
    const bytes = tableToIPC(decimalTable(), "stream");
    await assert.rejects(recordsOf(bytes, schemaOf(WHOLE)), {
      code: "TM_SOURCE",
      message: /field "price" of an Arrow input is of the type Decimal.*input=a, field=price/,
    });
    const layout = layoutWith([field("n", "int32")]);
    for (const trust of [true, false])
      assert.deepEqual(await recordsOf(bytes, schemaOf(layout, trust)), [{ n: 1 }, { n: 2 }]);
  });

  test("an integer that no number is equal to is refused, or a bigint where the field has no type", () => {
    const bytes = tableToIPC(new Table({ n: vectorFromArray([1n, 2n ** 60n + 1n], new Int64()) }), "stream");
    const { broke } = decodeAll(bytes, { schema: schemaOf(layoutWith([field("n", "float64")])) });
    assert.match(String(broke), /field "n": it holds 1152921504606846977.*input=x, offset=\d+/);
    assert.deepEqual(recordsIn(decodeAll(bytes, { schema: schemaOf(WHOLE) })), [{ n: 1 }, { n: 2n ** 60n + 1n }]);
  });

  test("bodies that are compressed are refused where the library has no codec, and read where it has", () => {
    const type = CompressionType.ZSTD;
    compressionRegistry.set(type, { encode: (bytes) => zstdCompressSync(bytes) });
    const writer = new RecordBatchStreamWriter({ compressionType: type });
    const layout = layoutWith([field("n", "float64")]);
    const records = Array.from({ length: 5_000 }, (_, n) => ({ n }));
    const table = new Table({
      n: vectorFromArray(
        records.map(({ n }) => n),
        new Float64(),
      ),
    });
    const bytes = writer.writeAll(table).toUint8Array(true);
    assert.ok(bytes.length < 20_000);
    const { broke } = decodeAll(bytes, { schema: schemaOf(layout) });
    assert.match(String(broke), /a record batch is damaged|compressed/);
    assert.equal((broke as { code?: string }).code, "TM_SOURCE");
    compressionRegistry.set(type, { decode: (compressed) => zstdDecompressSync(compressed) });
    assert.deepEqual(recordsIn(decodeAll(bytes, { schema: schemaOf(layout) })), records);
  });

  test("nanoseconds are fractions of a millisecond, and whole ones are exact", () => {
    const times = [1_700_000_000_123_000_000n, 1n, -1_000_000n, 1_500_000n];
    const vector = vectorFromArray(
      times.map(() => 0),
      new TimestampNanosecond(),
    );
    (vector.data[0]?.values as unknown as BigInt64Array).set(times);
    const bytes = tableToIPC(new Table({ at: vector }), "stream");
    assert.deepEqual(recordsIn(decodeAll(bytes, { schema: schemaOf(layoutWith([field("at", "float64")])) })), [
      { at: 1_700_000_000_123 },
      { at: 1e-6 },
      { at: -1 },
      { at: 1.5 },
    ]);
  });
});
