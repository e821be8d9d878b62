import assert from "node:assert/strict";
import test from "node:test";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { VALUE_LAYOUT } from "./layout.ts";
import { recordSchema } from "./record-schema.ts";
import { schemaLayout } from "./schema-layout.ts";

/** The columns of a schema in short: "a:utf8" with ? for optional and 0 for nullable; "value" where it has none. */
function columns(schema: StandardSchemaV1): string {
  const { layout } = recordSchema(schema, { trust: false });
  if (layout === VALUE_LAYOUT) return "value";
  return layout.fields
    .map(({ name, kind, nullable, optional }) => `${name}:${kind}${nullable ? "0" : ""}${optional ? "?" : ""}`)
    .join(" ");
}

test("zod: columns by kind", () => {
  const schema = z.object({
    n: z.number(),
    s: z.string(),
    at: z.iso.datetime(),
    b: z.boolean(),
    e: z.enum(["x", "y"]),
    one: z.literal("q"),
    yes: z.literal(true),
    safe: z.int(),
    i32: z.int32(),
    u32: z.uint32(),
    small: z.int().min(0).max(100),
    edge: z.int().gt(-2147483649).lt(2147483648),
    list: z.array(z.number()),
    inner: z.object({ a: z.number() }),
    any: z.unknown(),
    date: z.date(),
    big: z.bigint(),
    length: z.string().transform((s) => s.length),
    mixed: z.union([z.string(), z.number()]),
    named: z.record(z.string(), z.number()),
    coerced: z.coerce.number(),
    file: z.file(),
  });
  assert.equal(
    columns(schema),
    "n:float64 s:utf8 at:utf8 b:boolean e:dictionary one:dictionary yes:boolean safe:float64 i32:int32 u32:float64 small:int32 edge:int32 " +
      "list:json inner:json any:json date:json big:json length:json mixed:json named:json coerced:float64 file:json",
  );
});

test("zod: null and absence", () => {
  const schema = z.object({
    a: z.string().nullable(),
    b: z.string().optional(),
    c: z.int32().nullish(),
    d: z.enum(["p"]).nullable(),
    e: z.string().default("x"),
    f: z.null(),
    g: z.array(z.string()).nullish(),
  });
  assert.equal(columns(schema), "a:utf80 b:utf8? c:int320? d:dictionary0 e:utf8 f:json g:json?");
});

test("records that are no closed objects are held whole", () => {
  for (const [name, schema] of Object.entries({
    union: z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
    loose: z.looseObject({ a: z.string() }),
    catchall: z.object({ a: z.string() }).catchall(z.number()),
    record: z.record(z.string(), z.number()),
    string: z.string(),
    array: z.array(z.number()),
    index: z.object({ 1: z.string() }),
    proto: z.object(Object.fromEntries([["__proto__", z.string()]])),
    "arktype index signature": type({ "[string]": "number" }),
    "valibot loose": toStandardJsonSchema(v.looseObject({ a: v.number() })),
    "a root transform": toStandardJsonSchema(
      v.pipe(
        v.object({ a: v.string() }),
        v.transform((o) => o.a),
      ),
    ),
    "zod root transform": z.object({ a: z.string() }).transform((o) => o.a),
  })) {
    assert.equal(columns(schema), "value", name);
  }
});

test("arktype: columns", () => {
  const schema = type({
    n: "number",
    "o?": "string",
    c: "string|null",
    d: "'x'|'y'",
    f: "0<=number.integer<100",
    b: "boolean",
    u: "unknown",
    l: "number[]",
    t: "Date",
  });
  // arktype sorts properties by name, the required ones first.
  assert.equal(columns(schema), "b:boolean c:utf80 d:dictionary f:int32 l:json n:float64 t:json u:json o:utf8?");
});

test("valibot: columns with its JSON Schema wrapper, none without", () => {
  const schema = v.object({
    a: v.number(),
    b: v.optional(v.string()),
    d: v.picklist(["x", "y"]),
    e: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10)),
  });
  assert.equal(columns(toStandardJsonSchema(schema)), "a:float64 b:utf8? d:dictionary e:int32");
  const lenient = v.object({
    date: v.date(),
    n: v.pipe(v.string(), v.transform(Number)),
    m: v.pipe(v.string(), v.transform(Number), v.number()),
    checked: v.pipe(
      v.number(),
      v.check((n) => n > 1),
    ),
    branded: v.pipe(v.string(), v.minLength(1), v.brand("Name")),
    map: v.map(v.string(), v.number()),
    loose: v.looseObject({ a: v.number() }),
  });
  assert.equal(
    columns(toStandardJsonSchema(lenient)),
    "date:json n:json m:float64 checked:float64 branded:utf8 map:json loose:json",
  );
  assert.equal(columns(schema), "value");
  assert.equal(recordSchema(schema, { trust: true }).jsonSchema, null);
});

test("keywords that are not understood make no column", () => {
  const object = (property: unknown) => schemaLayout({ type: "object", properties: { a: property } }).fields[0]?.kind;
  assert.equal(object({ type: "string", contentEncoding: "base64" }), "json");
  assert.equal(object({ $ref: "#/$defs/x" }), "json");
  assert.equal(object({ allOf: [{ type: "string" }] }), "json");
  assert.equal(object({ type: "string", anyOf: [{ type: "number" }] }), "json");
  assert.equal(object({ type: "number", not: { const: 1 } }), "json");
  assert.equal(object(true), "json");
  assert.equal(object({ type: ["integer", "null"], minimum: 0, maximum: 5 }), "int32");
  assert.equal(object({ type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }), "int32");
  assert.equal(object({ type: "integer", minimum: -(2 ** 31) - 1, maximum: 0 }), "float64");
  assert.equal(object({ type: "integer", minimum: 0, maximum: 2 ** 31 }), "float64");
  assert.equal(object({ type: "integer", maximum: 5 }), "float64");
  assert.equal(object({ anyOf: [{ enum: ["a"] }, { type: "string" }] }), "json");
  for (const schema of [
    null,
    true,
    {},
    { type: "object" },
    { type: "object", properties: {}, patternProperties: {} },
    { $ref: "#" },
  ]) {
    assert.equal(schemaLayout(schema), VALUE_LAYOUT);
  }
});

test("validation transforms, and tells issues in words", () => {
  const schema = recordSchema(
    z.object({ a: z.coerce.number(), deep: z.object({ list: z.array(z.string()) }).optional() }),
    { trust: false },
  );
  assert.deepStrictEqual(schema.validate({ a: "5", extra: 1 }), { ok: true, value: { a: 5 } });
  const failure = schema.validate({ a: 1, deep: { list: ["x", 2] } });
  assert.ok(!failure.ok);
  assert.match(failure.issues, /^deep\.list\.1: .*string/);
  const many = recordSchema(z.array(z.string()), { trust: false }).validate(Array.from({ length: 9 }, () => 1));
  assert.ok(!many.ok);
  assert.match(many.issues, /; and 4 more$/);
  for (const other of [type({ a: "number" }), v.object({ a: v.number() })]) {
    assert.ok(recordSchema(other, { trust: false }).validate({ a: 1 }).ok);
    assert.ok(!recordSchema(other, { trust: false }).validate({ a: "1" }).ok);
  }
});

test("asynchronous schemas are refused", () => {
  const schema = recordSchema(
    v.pipeAsync(
      v.string(),
      v.checkAsync(() => Promise.resolve(true)),
    ) as unknown as StandardSchemaV1,
    { trust: false },
  );
  assert.throws(() => schema.validate("x"), { code: "TM_SCHEMA", message: /async schemas are not supported/ });
});

test("what is no schema is refused", () => {
  for (const value of [null, undefined, {}, { "~standard": {} }]) {
    assert.throws(() => recordSchema(value as unknown as StandardSchemaV1, { trust: false }), {
      code: "TM_SCHEMA",
      message: /no Standard Schema/,
    });
  }
});
