import assert from "node:assert/strict";
import { test } from "node:test";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { codecOf } from "./schema-codec.ts";
import { PLAIN_CODEC } from "./state-codec.ts";

test("without a schema, or without its JSON Schema, values are plain data", () => {
  assert.equal(codecOf(null), PLAIN_CODEC);
  assert.equal(codecOf(v.object({ n: v.number() })), PLAIN_CODEC);
  assert.equal(codecOf(z.object({ at: z.date() })), PLAIN_CODEC, "a date has no JSON Schema");
});

test("zod, valibot and arktype schemas are known by a hash", () => {
  const schemas = [
    z.object({ n: z.number() }),
    toStandardJsonSchema(v.object({ n: v.number() })),
    type({ n: "number" }),
  ];
  for (const schema of schemas) {
    const { schemaHash, jsonSchema } = codecOf(schema);
    assert.match(schemaHash, /^[0-9a-f]{16}$/);
    assert.equal((jsonSchema as { type?: string }).type, "object");
  }
});

test("the hash is of the meaning: key order does not count, types do", () => {
  const hash = (schema: z.ZodType): string => codecOf(schema).schemaHash;
  const one = hash(z.object({ a: z.number(), b: z.object({ c: z.string(), d: z.boolean() }) }));
  assert.equal(hash(z.object({ a: z.number(), b: z.object({ c: z.string(), d: z.boolean() }) })), one);
  assert.notEqual(hash(z.object({ a: z.string(), b: z.object({ c: z.string(), d: z.boolean() }) })), one);
  assert.notEqual(hash(z.object({ a: z.number() })), one);
});

test("the hash is frozen: checkpoints carry it", () => {
  const schema = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input: () => ({}), output: () => ({ type: "object", a: 1 }) },
    },
  } as const;
  const turned = {
    "~standard": {
      ...schema["~standard"],
      jsonSchema: { input: () => ({}), output: () => ({ a: 1, type: "object" }) },
    },
  } as const;
  assert.equal(codecOf(schema).schemaHash, codecOf(turned).schemaHash);
  assert.equal(codecOf(schema).schemaHash, "2e5cc0a987f4c818");
});
