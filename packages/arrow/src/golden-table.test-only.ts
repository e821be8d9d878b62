import {
  Bool,
  DateDay,
  DateMillisecond,
  Decimal,
  Dictionary,
  Field,
  Float16,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  LargeUtf8,
  List,
  Null,
  Struct,
  Table,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  vectorFromArray,
  type DataType,
  type Vector,
} from "apache-arrow";

const AT = Date.UTC(2001, 8, 9, 1, 46, 40, 123);
const point = new Struct([new Field("x", new Int32(), true), new Field("y", new Utf8(), true)]);

/** Fields by name: type, cells as the library takes them, and as a record has them. */
const FIELDS: Readonly<Record<string, readonly [type: DataType, given: readonly unknown[], read: readonly unknown[]]>> =
  {
    int8: [new Int8(), [-128, null, 127], [-128, null, 127]],
    int16: [new Int16(), [-32768, null, 32767], [-32768, null, 32767]],
    int32: [new Int32(), [-(2 ** 31), null, 2 ** 31 - 1], [-(2 ** 31), null, 2 ** 31 - 1]],
    int64: [new Int64(), [-(2n ** 53n) + 1n, null, 2n ** 53n - 1n], [-(2 ** 53) + 1, null, 2 ** 53 - 1]],
    uint8: [new Uint8(), [0, null, 255], [0, null, 255]],
    uint16: [new Uint16(), [0, null, 65_535], [0, null, 65_535]],
    uint32: [new Uint32(), [0, null, 2 ** 32 - 1], [0, null, 2 ** 32 - 1]],
    uint64: [new Uint64(), [0n, null, 2n ** 53n - 1n], [0, null, 2 ** 53 - 1]],
    float16: [new Float16(), [-0.5, null, 1024], [-0.5, null, 1024]],
    float32: [new Float32(), [-0.5, null, 2 ** 100], [-0.5, null, 2 ** 100]],
    float64: [new Float64(), [0.1, null, Infinity], [0.1, null, Infinity]],
    bool: [new Bool(), [true, null, false], [true, null, false]],
    utf8: [new Utf8(), ["", null, "é\u{1F600}"], ["", null, "é\u{1F600}"]],
    large: [new LargeUtf8(), ["a", null, "long ".repeat(20)], ["a", null, "long ".repeat(20)]],
    word: [new Dictionary(new Utf8(), new Int8(), 1), ["a", null, "b"], ["a", null, "b"]],
    number: [new Dictionary(new Float64(), new Int32(), 2), [0.5, null, 0.5], [0.5, null, 0.5]],
    day: [new DateDay(), [new Date(86_400_000), null, new Date(0)], [86_400_000, null, 0]],
    date: [new DateMillisecond(), [new Date(AT), null, new Date(-1)], [AT, null, -1]],
    second: [new TimestampSecond(), [1_000, null, -5_000], [1_000, null, -5_000]],
    millisecond: [new TimestampMillisecond("UTC"), [AT, null, -1], [AT, null, -1]],
    microsecond: [new TimestampMicrosecond(), [AT, null, -1], [AT, null, -1]],
    // The library takes milliseconds and multiplies them as numbers: only round ones come out right.
    nanosecond: [new TimestampNanosecond(), [1e12, null, -1], [1e12, null, -1]],
    list: [new List(new Field("item", new Float64(), true)), [[1, 2], null, []], [[1, 2], null, []]],
    struct: [point, [{ x: 1, y: "a" }, null, { x: null, y: "b" }], [{ x: 1, y: "a" }, null, { x: null, y: "b" }]],
    points: [new List(new Field("item", point, true)), [[{ x: 1, y: "a" }], [], null], [[{ x: 1, y: "a" }], [], null]],
    none: [new Null(), [null, null, null], [null, null, null]],
  };

/** A field of each type that can be read, with `golden/types.*`, which the library wrote of it (tableToIPC of version 21.2.0). */
export function goldenTable(): Table {
  const vectors = Object.entries(FIELDS).map(([name, [type, given]]): [string, Vector] => [
    name,
    vectorFromArray(given as unknown[], type),
  ]);
  return new Table(Object.fromEntries(vectors));
}

/** The same as records. */
export const GOLDEN_RECORDS: readonly Readonly<Record<string, unknown>>[] = [0, 1, 2].map((row) =>
  Object.fromEntries(Object.entries(FIELDS).map(([name, [, , read]]) => [name, read[row]])),
);

/** A table with a field that cannot be read. */
export function decimalTable(): Table {
  return new Table({
    n: vectorFromArray([1, 2], new Int32()),
    price: vectorFromArray([Uint32Array.of(1, 0, 0, 0), Uint32Array.of(2, 0, 0, 0)], new Decimal(2, 10, 128)),
  });
}
