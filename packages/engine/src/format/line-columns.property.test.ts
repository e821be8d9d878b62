import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RecordBatch } from "../record/batch.ts";
import { layoutOf, type Field, type RecordLayout } from "../record/layout.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { recordOf } from "../record/row-copy.ts";
import { jsonLinesDecoder } from "./json-lines.ts";
import type { RecordDecoder } from "./record-decoder.ts";

const RUNS = process.env["TIDEMARK_LONG"] === undefined ? 1_500 : 20_000;

const NAMES = ["a", "b", "long name of a field that has more than 32 bytes", 'odd "one"\\\n', "é", "constructor", "zz"];
const KINDS: readonly Field["kind"][] = ["int32", "float64", "boolean", "utf8", "dictionary"];

const layouts: fc.Arbitrary<RecordLayout> = fc
  .uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 7 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.record({
          name: fc.constant(name),
          kind: fc.constantFrom(...KINDS),
          nullable: fc.boolean(),
          optional: fc.boolean(),
        }),
      ),
    ),
  )
  .map((fields) => layoutOf(fields));

function schemaOf(layout: RecordLayout, trust: boolean): RecordSchema {
  return { layout, jsonSchema: null, trust, validate: (value) => ({ ok: true, value }) };
}

/** Everything that decoding tells, in order. */
function decode(
  layout: RecordLayout,
  how: "by record" | "by column" | "lent" | "validated",
  bytes: Uint8Array,
  cuts: readonly number[],
): unknown[] {
  const schema = schemaOf(layout, how !== "validated");
  const decoder = jsonLinesDecoder({ schema, offset: 0, kernel: how !== "by record" });
  if (how === "lent") decoder.lend();
  const seen: unknown[] = [];
  let at = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    if (cut < at || cut > bytes.length) continue;
    decoder.push(bytes.subarray(at, cut));
    at = cut;
    while (decoder.decode()) take(decoder, seen);
    // Batches may be taken at any time, and here end somewhere in a piece.
    if (cut % 2 === 0) take(decoder, seen);
  }
  decoder.end();
  while (decoder.decode()) take(decoder, seen);
  take(decoder, seen);
  return seen;
}

function take(decoder: RecordDecoder, seen: unknown[]): void {
  const batch = decoder.take();
  const rest = [...batch.invalid];
  for (let row = 0; row <= batch.length; row++) {
    while (rest[0]?.beforeRow === row) {
      const { offset, raw, error } = rest.shift()!;
      seen.push({ offset, raw, why: error.message });
    }
    if (row < batch.length)
      seen.push({ offset: batch.offsets[row], record: recordOf(batch as unknown as RecordBatch, row) });
  }
}

/** Equal, with -0 told from 0. */
function assertSame(layout: RecordLayout, bytes: Uint8Array, cuts: readonly number[]): void {
  const expected = decode(layout, "by record", bytes, []);
  for (const how of ["by column", "lent", "validated"] as const)
    assert.deepStrictEqual(decode(layout, how, bytes, cuts), expected);
}

const HARD_NUMBERS = [
  "0",
  "-0",
  "-0.0",
  "0e5",
  "1",
  "-1",
  "12.5",
  "1e3",
  "1E+3",
  "1e-3",
  "1e400",
  "-1e400",
  "1e-400",
  "0.1",
  "123456789012345678901234567890",
  "9007199254740991",
  "9007199254740992",
  "9007199254740993",
  "0.1234567890123456789",
  "2147483647",
  "2147483648",
  "-2147483648",
  "-2147483649",
  "5e-324",
  "1.7976931348623157e308",
  "1e22",
  "1e23",
  "1e00022",
  "1e00000000000022",
  "8.5e-23",
  "01",
  "-",
  "+1",
  ".5",
  "1.",
  "1e",
  "1e+",
  "NaN",
  "Infinity",
  "0x10",
  "1_0",
  "00",
  "-01",
  "1.0",
  "3.0000000000000000",
];
const HARD_STRINGS = [
  '""',
  '"a"',
  '"é\u{1F600}"',
  '"\u2028"',
  '"\\n"',
  '"\\ud800"',
  '"\\u00e9"',
  '"\\x"',
  '"\\ud83d\\ude00"',
  '"\\ud83d\\u0041"',
  '"\\ude00\\ud83d"',
  '"\\ud83dx"',
  '"\\ud83d\\n"',
  '"\\u0000\\u007f\\u0080\\u07ff\\u0800\\uFFFF\\uABcd"',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
  '"aaaaaaaaaaaaaaaaaaa\\\\aaaaaaaaaaaaaa\\u00e9aaaaaaaaaaaaaaaaaaaaaa"',
  '"\\u12"',
  '"a\tb"',
  '"unended',
  '"a\u007fb"',
  `"${"long ".repeat(40)}"`,
  `"${"x".repeat(15)}é"`,
  `"${"x".repeat(16)}"`,
  '"\u0000"',
  '"\ufeff"',
  '"\ud83d"',
];
const OTHERS = [
  "true",
  "false",
  "null",
  "tru",
  "nul",
  "falsey",
  "{}",
  "[]",
  "[1,2,]",
  '{"a":1}',
  '[[[["\\u0041",{"b":[null,true]}]]]]',
  "undefined",
  "[".repeat(70) + "]".repeat(70),
  "[".repeat(40) + "]".repeat(40),
  "[1 2]",
  '{"a"}',
  '{"a":}',
  "{,}",
  "[,]",
  "",
  "'a'",
  "//x",
];

const hardValue = fc.oneof(
  fc.constantFrom(...HARD_NUMBERS),
  fc.constantFrom(...HARD_STRINGS),
  fc.constantFrom(...OTHERS),
  fc.double().map((value) => JSON.stringify(value)),
  fc.integer().map(String),
  fc.string({ unit: "binary" }).map((value) => JSON.stringify(value)),
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
);

/** A value that a field holds, mostly. */
function fitting({ kind, nullable }: Field): fc.Arbitrary<string> {
  const value = {
    int32: fc.integer().map(String),
    float64: fc.oneof(
      fc.constantFrom("0.5", "12.25", "1.1", "1e3", "1700000000000"),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    ),
    boolean: fc.constantFrom("true", "false"),
    utf8: fc.string({ unit: "grapheme" }).map((text) => JSON.stringify(text)),
    dictionary: fc.constantFrom('"red"', '"green"', '"blue"', '"rot\\u00e9"', '"é"', '""'),
    json: fc.constant("1"),
  }[kind];
  return fc.oneof(
    { weight: 8, arbitrary: value },
    { weight: nullable ? 2 : 0, arbitrary: fc.constant("null") },
    { weight: 1, arbitrary: hardValue },
  );
}

const space = fc.constantFrom("", "", "", "", " ", "\t", "\r", "  ", "\u00a0");

function lineOf(layout: RecordLayout): fc.Arbitrary<string> {
  const pair = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.tuple(space, space, value, space).map(([a, b, text, c]) => `${a}${JSON.stringify(name)}${b}:${text}${c}`);
  const declared = layout.fields.map((field) => ({ field, pair: pair(field.name, fitting(field)) }));
  const all = fc.tuple(...declared.map((each) => each.pair)).map((pairs) => `{${pairs.join(",")}}`);
  const extra = fc
    .tuple(
      fc.constantFrom("__proto__", "x", "xyzzy", "aa", "\\u0061", "__proto__"),
      fc.oneof(hardValue, fc.constant("1")),
    )
    .map(([name, value]) => `"${name}":${value}`);
  const some = fc
    .shuffledSubarray([
      ...declared.map((each) => each.pair),
      ...declared.slice(0, 1).map((each) => each.pair),
      extra,
      extra,
    ])
    .chain((parts) => fc.tuple(space, fc.tuple(...parts), space))
    .map(([a, parts, b]) => `${a}{${parts.join(",")}}${b}`);
  return fc.oneof({ weight: 4, arbitrary: all }, { weight: 4, arbitrary: some }, { weight: 1, arbitrary: hardValue });
}

const bytesFor = (layout: RecordLayout): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.array(fc.tuple(lineOf(layout), fc.constantFrom("\n", "\n", "\r\n", "\n\n", "\r\r\n")), { maxLength: 12 }),
      fc.boolean(),
      fc.array(fc.tuple(fc.nat(2_000), fc.nat(255), fc.constantFrom("set", "cut")), { maxLength: 2 }),
      fc.constantFrom(false, false, true),
    )
    .map(([lines, hasMark, damages, isDamaged]) => {
      const text = lines.map(([line, end]) => line.replaceAll("\n", " ") + end).join("");
      const bytes = new TextEncoder().encode((hasMark ? "\ufeff" : "") + text);
      let result = bytes;
      for (const [at, value, how] of isDamaged ? damages : []) {
        if (how === "set" && at < result.length) result[at] = value;
        else result = result.slice(0, at);
      }
      return result;
    });

test("lines decoded by the column give what they give one by one, malformed or not, however they are cut", () => {
  fc.assert(
    fc.property(
      layouts.chain((layout) =>
        fc.tuple(fc.constant(layout), bytesFor(layout), fc.array(fc.nat(400), { maxLength: 4 })),
      ),
      ([layout, bytes, cuts]) => assertSame(layout, bytes, cuts),
    ),
    { numRuns: RUNS },
  );
});

test("every hard value, in a field of every kind", () => {
  for (const kind of KINDS) {
    for (const nullable of [false, true]) {
      const layout = layoutOf([{ name: "a", kind, nullable, optional: nullable }]);
      const lines = [...HARD_NUMBERS, ...HARD_STRINGS, ...OTHERS].flatMap((value) => [
        `{"a":${value}}`,
        `{"b":${value},"a":1}`,
        `{"a":${value}`,
        `{"a" : ${value} } x`,
        value,
      ]);
      assertSame(layout, new TextEncoder().encode(lines.join("\n")), []);
    }
  }
});

test("batches of a thousand rows, with lines longer than the kernel's input, from two decoders in turn", () => {
  const layout = layoutOf([
    { name: "n", kind: "int32", nullable: false, optional: false },
    { name: "s", kind: "utf8", nullable: true, optional: false },
    { name: "d", kind: "dictionary", nullable: false, optional: true },
  ]);
  const lines = Array.from({ length: 5_000 }, (_, n) => {
    const s = n % 1_500 === 700 ? "x".repeat(200_000) : n % 97 === 0 ? "\\u00e9scape" : `text ${n}`;
    return `{"n":${n},"s":${n % 31 === 0 ? "null" : `"${s}"`}${n % 7 === 0 ? "" : `,"d":"${["a", "b", "c"][n % 3]}"`}}\n${n % 61 === 0 ? "\nnone\n" : ""}`;
  });
  const bytes = new TextEncoder().encode(lines.join(""));
  const expected = decode(layout, "by record", bytes, []);
  for (const how of ["by column", "lent", "validated"] as const)
    assert.deepStrictEqual(decode(layout, how, bytes, [1, 2_001, 70_000, 300_000, 300_001]), expected);
  const decoders = [0, 1].map(() => ({
    decoder: jsonLinesDecoder({ schema: schemaOf(layout, true), offset: 0 }),
    seen: [] as unknown[],
  }));
  for (const { decoder } of decoders) decoder.push(bytes);
  for (let open = 2; open > 0;) {
    open = 0;
    for (const { decoder, seen } of decoders) {
      if (decoder.decode()) open++;
      take(decoder, seen);
    }
  }
  for (const { seen } of decoders) assert.deepStrictEqual(seen, expected);
});

test("two decoders whose batches grow piece by piece, in turn, with more text than there is room for", () => {
  const layouts = [
    layoutOf([
      { name: "s", kind: "utf8", nullable: true, optional: true },
      { name: "n", kind: "float64", nullable: false, optional: false },
      { name: "d", kind: "dictionary", nullable: false, optional: false },
    ]),
    layoutOf([
      { name: "n", kind: "int32", nullable: true, optional: false },
      { name: "b", kind: "boolean", nullable: false, optional: true },
      { name: "s", kind: "utf8", nullable: false, optional: true },
    ]),
  ];
  const inputs = [900, 90].map((length, which) =>
    new TextEncoder().encode(
      Array.from({ length: 3_000 }, (_, n) => {
        const s = n % 7 === 0 ? "" : `"s":"${String.fromCharCode(97 + (n % 26)).repeat(length)}",`;
        const rest = which === 0 ? `"d":"${"xyz"[n % 3]}"` : `"b":${n % 2 === 0}`;
        return n % 19 === 18 ? "none\n" : `{${s}"n":${n % 11 === 10 ? "1.0" : n},${rest}}\n`;
      }).join(""),
    ),
  );
  const running = layouts.map((layout, i) => ({
    decoder: jsonLinesDecoder({ schema: schemaOf(layout, true), offset: 0 }),
    input: inputs[i] as Uint8Array,
    seen: [] as unknown[],
  }));
  running[1]?.decoder.lend();
  for (let at = 0; at < 3_000_000; at += 30_000) {
    for (const { decoder, input, seen } of running) {
      decoder.push(input.subarray(at, at + 30_000));
      while (decoder.decode()) take(decoder, seen);
    }
  }
  for (const [i, { decoder, input, seen }] of running.entries()) {
    decoder.end();
    while (decoder.decode()) take(decoder, seen);
    take(decoder, seen);
    assert.deepStrictEqual(seen, decode(layouts[i] as RecordLayout, "by record", input, []));
  }
});

/** Refuses some records and changes others, by what is in them. */
function pickySchema(layout: RecordLayout): RecordSchema {
  return {
    layout,
    jsonSchema: null,
    trust: false,
    validate(value) {
      if (typeof value !== "object" || value === null || Array.isArray(value))
        return { ok: false, issues: "no object" };
      const text = JSON.stringify(value);
      if (text.length % 5 === 0) return { ok: false, issues: `five: ${text}` };
      if (text.length % 7 === 0) return { ok: true, value: { ...value, [layout.fields[0]!.name]: "seven" } };
      return { ok: true, value };
    },
  };
}

test("what a schema refuses or changes is the same, validated by the column or one by one", () => {
  const seenBy = (layout: RecordLayout, kernel: boolean, bytes: Uint8Array, cut: number): unknown[] => {
    const decoder = jsonLinesDecoder({ schema: pickySchema(layout), offset: 0, kernel });
    const seen: unknown[] = [];
    for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      decoder.push(piece);
      while (decoder.decode()) take(decoder, seen);
    }
    decoder.end();
    while (decoder.decode()) take(decoder, seen);
    take(decoder, seen);
    return seen;
  };
  fc.assert(
    fc.property(
      layouts.chain((layout) =>
        fc.tuple(fc.constant(layout), bytesFor(layout), fc.nat(400), fc.constantFrom(1, 1, 1, 1, 200)),
      ),
      ([layout, bytes, cut, copies]) => {
        const input = new Uint8Array(Buffer.concat(Array.from({ length: copies }, () => bytes)));
        assert.deepStrictEqual(seenBy(layout, true, input, cut), seenBy(layout, false, input, cut));
      },
    ),
    { numRuns: RUNS / 3 },
  );
});
