import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { runInThisContext } from "node:vm";
import fc from "fast-check";
import { decodeKey, encodeKey, KEY_BYTES_MAX, keyColumnOf } from "./key-codec.ts";
import type { Key } from "./key-column.ts";
import { hashKey } from "./key-hash.ts";

const keyVectors = JSON.parse(readFileSync(new URL("./key-vectors.json", import.meta.url), "utf8")) as {
  readonly murmur3: readonly { readonly bytes: string; readonly hash: number }[];
  readonly keys: readonly {
    readonly key: string;
    readonly bytes: string;
    readonly hash: number;
    readonly keyGroup: number;
  }[];
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Keys of the vectors are written as JavaScript, as JSON has neither bigint nor NaN, -0 or lone surrogates that survive editors. */
function keyOfSource(source: string): Key {
  return runInThisContext(`(${source})`) as Key;
}

for (const vector of keyVectors.keys) {
  test(`the frozen bytes and hash of ${vector.key}`, () => {
    const key = keyOfSource(vector.key);
    const bytes = encodeKey(key);
    assert.equal(hex(bytes), vector.bytes);
    assert.equal(hashKey(bytes, 0, bytes.length), vector.hash);
    assert.equal(vector.hash >>> 24, vector.keyGroup);
    assert.deepStrictEqual(decodeKey(bytes), Object.is(key, -0) ? 0 : key);
  });
}

for (const { bytes, hash } of keyVectors.murmur3) {
  test(`the hash is MurmurHash3 x86 32 with seed 0, as published: ${bytes}`, () => {
    const embedded = Buffer.from(`7f7f${bytes}7f7f`, "hex");
    assert.equal(hashKey(embedded, 2, embedded.length - 4), hash);
  });
}

const part = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("a", "\0", "\ud800", "\udc00", "é", "\uffff", "😀") }),
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.boolean(),
  fc.constantFrom(0, -0, 1, "", "1", 1n, true, Number.NaN, 2 ** 53, -(2 ** 53), 2 ** 53 - 1, Infinity, -Infinity),
);
const anyKey: fc.Arbitrary<Key> = fc.oneof(part, fc.array(part, { maxLength: 4 }));

/** Equality of keys: as Map has it, part by part. */
function isSameKey(a: Key, b: Key): boolean {
  if (!Array.isArray(a) || !Array.isArray(b))
    return !Array.isArray(a) && !Array.isArray(b) && new Set([a, b]).size === 1;
  return a.length === b.length && a.every((item: unknown, i) => new Set([item, b[i]]).size === 1);
}

test("a key comes back as it was, -0 as 0", () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      const canonical = (p: unknown): unknown => (Object.is(p, -0) ? 0 : p);
      assert.deepStrictEqual(decodeKey(encodeKey(key)), Array.isArray(key) ? key.map(canonical) : canonical(key));
    }),
    { numRuns: 2_000 },
  );
});

test("bytes are equal exactly where keys are", () => {
  fc.assert(
    fc.property(anyKey, anyKey, (a, b) => {
      assert.equal(hex(encodeKey(a)) === hex(encodeKey(b)), isSameKey(a, b));
    }),
    { numRuns: 2_000 },
  );
});

test("every NaN is one key, whatever its bits", () => {
  const bits = [0x7ff8000000000000n, 0x7ff8000000000001n, 0xfff8000000000000n, 0xffffffffffffffffn];
  const encoded = [...new Float64Array(BigUint64Array.from(bits).buffer)].map((nan) => hex(encodeKey(nan)));
  assert.deepStrictEqual(new Set(encoded), new Set([hex(encodeKey(Number.NaN))]));
});

test("byte order is the order of values, within a kind and in tuples", () => {
  const ordered: readonly (readonly Key[])[] = [
    [
      Number.MIN_SAFE_INTEGER,
      -(2 ** 32) - 1,
      -(2 ** 32),
      -257,
      -256,
      -1,
      0,
      1,
      255,
      256,
      2 ** 31,
      2 ** 32,
      Number.MAX_SAFE_INTEGER,
    ],
    [-Infinity, -1e300, -1.5, -5e-324, 5e-324, 0.5, 1e300, Infinity, Number.NaN],
    [-(10n ** 40n), -256n, -255n, -1n, 0n, 1n, 255n, 256n, 10n ** 40n],
    [false, true],
    ["", "\0", "\0a", "a", "a\0", "aa", "b", "é", "\ud800", "\uffff", "😀"],
  ];
  for (const keys of ordered) {
    for (const wrap of [(key: Key) => key, (key: Key) => [key as string], (key: Key) => [key as string, 1]]) {
      const encoded = keys.map((key) => hex(encodeKey(wrap(key))));
      assert.deepStrictEqual(encoded, encoded.toSorted(), JSON.stringify(encoded));
    }
  }
});

test("a key column has the bytes and hashes of its keys; equal strings share theirs", () => {
  const keys: Key[] = ["a", "b", "a", 1, ["a", 1], "x".repeat(5_000), "a"];
  const column = keyColumnOf(keys);
  keys.forEach((key, i) => {
    const at = column.offsets[i]!;
    const bytes = column.bytes.subarray(at, at + column.lengths[i]!);
    assert.deepStrictEqual(decodeKey(bytes), key);
    assert.equal(column.hashes[i], hashKey(bytes, 0, bytes.length));
  });
  assert.equal(column.offsets[0], column.offsets[6]);
});

test("a key column of any keys has the bytes and hashes of each, and the numbers where all are integers", () => {
  const integers = fc.array(fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(-0, 2 ** 31, -(2 ** 31) - 1)));
  fc.assert(
    fc.property(integers, fc.array(anyKey, { maxLength: 5 }), (first, rest) => {
      const keys: Key[] = [...first, ...rest];
      const column = keyColumnOf(keys);
      const isIntegers = rest.every((key) => Number.isSafeInteger(key));
      assert.equal(column.integers !== null, isIntegers);
      keys.forEach((key, i) => {
        const bytes = encodeKey(key);
        assert.equal(
          hex(column.bytes.subarray(column.offsets[i], column.offsets[i]! + column.lengths[i]!)),
          hex(bytes),
        );
        assert.equal(column.hashes[i], hashKey(bytes, 0, bytes.length));
        if (column.integers !== null) assert.ok(Object.is(column.integers[i], decodeKey(bytes)));
      });
    }),
  );
});

for (const [name, value, message] of [
  ["null", null, /^null cannot be a key; a key is a string, number, bigint or boolean, or an array of those/],
  ["undefined", undefined, /^undefined cannot be a key/],
  ["an object", { a: 1 }, /^a value of type object cannot be a key/],
  ["a date", new Date(0), /^a Date cannot be a key/],
  ["a symbol", Symbol("s"), /^a value of type symbol cannot be a key/],
  ["an array in an array", [[1]], /^an array cannot be a part of a key/],
  ["undefined in an array", ["a", undefined], /^undefined cannot be a part of a key/],
] as const) {
  test(`${name} is no key, and the error says what is`, () => {
    assert.throws(() => encodeKey(value), { code: "TM_KEY", message });
  });
}

test("a key is bounded", () => {
  assert.equal(encodeKey("x".repeat(KEY_BYTES_MAX - 1)).length, KEY_BYTES_MAX);
  assert.throws(() => encodeKey("x".repeat(KEY_BYTES_MAX)), { code: "TM_KEY", message: /at most 65536 bytes/ });
});

test("bytes that are no key are corrupt", () => {
  for (const bytes of [[], [0x99], [0x20, 1], [0x10, 0], [0x60, 0x50, 0x61], [0x41, 0, 0, 0, 9, 1], [0x60, 0x60]]) {
    assert.throws(() => decodeKey(Uint8Array.from(bytes)), { code: "TM_CHECKPOINT_CORRUPT" }, bytes.join());
  }
});
