import assert from "node:assert/strict";
import test from "node:test";
import { decodeValue, encodeValue } from "./value-codec.ts";

function roundTrip(value: unknown): unknown {
  return decodeValue(encodeValue(value));
}

const VALUES: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  "negative zero": -0,
  "nested negative zero": { a: [1, { b: -0 }] },
  NaN: Number.NaN,
  infinities: [Infinity, -Infinity],
  "large integers": [2 ** 53, -(2 ** 53), 2 ** 32, -(2 ** 31) - 1, 2 ** 31, Number.MAX_VALUE, 5e-324],
  bigints: [0n, -1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, -(2n ** 63n), -(2n ** 63n) - 1n, 10n ** 60n],
  "lone surrogates": ["\ud800", "a\udc00b", { "\udfff": 1 }],
  "byte-order mark": ["\ufeff", `\ufeff${"long ".repeat(40)}`, { [`\ufeff${"k".repeat(100)}`]: 1 }],
  texts: ["", "a", "é", "日本", "😀", "x".repeat(70), "é".repeat(70), "x".repeat(70_000)],
  "undefined property": { a: undefined, b: 1 },
  "key order": { z: 1, a: 2, 10: 3, 2: 4 },
  date: [new Date(0), new Date(-1), new Date(8.64e15), { at: new Date(1.5e12) }],
  map: new Map<unknown, unknown>([
    ["a", 1],
    [1, "a"],
    [{ k: 1 }, new Map([[[1], [2]]])],
  ]),
  set: new Set([1, "1", [1], new Set([-0])]),
  bytes: { b: new Uint8Array([1, 2, 255]), empty: new Uint8Array(0) },
  "typed arrays": [
    new Float64Array([1.5, Number.NaN]),
    new Int16Array([-1]),
    new BigInt64Array([-5n]),
    new Uint8Array([1, 2]).buffer,
  ],
  "odd keys": JSON.parse('{"__proto__": {"x": 1}, "constructor": "c", "toJSON": 5, "hasOwnProperty": 1}'),
  holes: Object.assign(new Array(3), { 0: 1, 2: 3 }),
  "large object": Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i])),
  "long array": Array.from({ length: 70_000 }, (_, i) => i * 3),
};

for (const [name, value] of Object.entries(VALUES)) {
  test(`a value comes back as it was: ${name}`, () => {
    assert.deepStrictEqual(roundTrip(value), value);
  });
}

test("an invalid date stays one", () => {
  assert.ok(Number.isNaN((roundTrip(new Date(Number.NaN)) as Date).getTime()));
});

test("the order of keys is kept, and the prototype of the process is not touched", () => {
  const value = JSON.parse('{"b":1,"__proto__":2,"a":3}') as object;
  assert.deepStrictEqual(Object.keys(roundTrip(value) as object), ["b", "__proto__", "a"]);
  assert.equal(({} as { x?: unknown }).x, undefined);
});

test("decoded bytes share nothing with the input", () => {
  const encoded = encodeValue({ b: new Uint8Array([1]) });
  const decoded = decodeValue(encoded) as { b: Uint8Array };
  encoded.fill(0);
  assert.deepStrictEqual(decoded, { b: new Uint8Array([1]) });
  assert.equal(decoded.b.buffer.byteLength, 1);
});

test("bytes are read from a Buffer as from a Uint8Array", () => {
  const decoded = decodeValue(Buffer.from(encodeValue({ b: new Uint8Array([7]), s: "é".repeat(50) })));
  assert.deepStrictEqual(decoded, { b: new Uint8Array([7]), s: "é".repeat(50) });
});

test("an object without prototype comes back plain, a getter as its value", () => {
  assert.deepStrictEqual(roundTrip(Object.assign(Object.create(null), { a: 1 })), { a: 1 });
  const accessor = Object.defineProperty({}, "a", { get: () => -0, enumerable: true });
  assert.deepStrictEqual(roundTrip({ accessor }), { accessor: { a: -0 } });
});

const cyclic: { list: unknown[] } = { list: [] };
cyclic.list.push({ back: cyclic });
class Point {
  x = 1;
}
const REFUSED: readonly (readonly [string, unknown, RegExp])[] = [
  ["a function", { a: [() => 1] }, /^a function cannot be stored .*path=value\.a\[0\]$/],
  ["a symbol", { a: Symbol("s") }, /^a symbol .*path=value\.a$/],
  ["a symbol key", { a: { [Symbol("s")]: 1 } }, /^a property named by a symbol, Symbol\(s\) .*path=value\.a$/],
  ["a cycle", cyclic, /^an object that holds itself .*path=value\.list\[0\]\.back$/],
  ["a class instance", new Map([["k", new Point()]]), /^an instance of Point .*path=value\[1\]$/],
  ["a promise", Promise.resolve(1), /^an instance of Promise .*path=\(the value itself\)$/],
  ["a regular expression", { r: /x/ }, /^an instance of RegExp .*path=value\.r$/],
];

for (const [name, value, message] of REFUSED) {
  test(`what is no data is refused by path: ${name}`, () => {
    assert.throws(() => encodeValue(value), { code: "TM_STATE_VALUE", message });
  });
}

test("an object that occurs twice is no cycle", () => {
  const shared = { a: 1 };
  assert.deepStrictEqual(roundTrip([shared, shared]), [{ a: 1 }, { a: 1 }]);
});

test("a value nested without end is refused", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 600; i++) deep = [deep];
  assert.throws(() => encodeValue(deep), { code: "TM_STATE_VALUE", message: /deeper than 500 levels/ });
});

test("bytes of something else are corrupt", () => {
  for (const bytes of [[], [9, 1], [1], [1, 1, 1], [2, 0x91, 77]]) {
    assert.throws(() => decodeValue(new Uint8Array(bytes)), { code: "TM_CHECKPOINT_CORRUPT" }, bytes.join());
  }
});

test("the bytes are frozen", () => {
  const hex = (value: unknown): string => Buffer.from(encodeValue(value)).toString("hex");
  assert.equal(hex({ a: [1, "x", null] }), "0181a1619301a178c0");
  assert.equal(hex([-0]), "0292009101");
  assert.equal(hex(new Map([["a", new Date(5)]])), "029304a161920305");
});
