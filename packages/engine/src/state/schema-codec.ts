import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { PLAIN_CODEC, type StateCodec } from "./state-codec.ts";

/**
 * The codec of a state declared with a schema. Values are plain data and stay so; what the schema adds is its JSON Schema, for people and
 * tools, and a short hash of it that is stable over key order, processes and runs. Without a JSON Schema the hash is "plain", as without
 * a schema: such states are not compared.
 */
export function codecOf(schema: StandardSchemaV1 | null): StateCodec {
  const jsonSchema = schema === null ? null : jsonSchemaOf(schema);
  if (jsonSchema === null) return PLAIN_CODEC;
  const normal = normalised(jsonSchema);
  return { ...PLAIN_CODEC, schemaHash: shortHash(JSON.stringify(normal)), jsonSchema: normal };
}

function jsonSchemaOf(schema: StandardSchemaV1): Record<string, unknown> | null {
  const standard: StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props> = schema["~standard"];
  if (standard.jsonSchema === undefined) return null;
  try {
    return standard.jsonSchema.output({ target: "draft-2020-12" });
  } catch {
    // The specification's way to say that a schema (of a Date, of a class) has no JSON Schema; it works without one.
    return null;
  }
}

/** The same JSON with object keys in code unit order, and only what JSON can say. */
function normalised(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_name, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** 64-bit FNV-1a of the text's UTF-8 bytes, 16 hex digits; names a text, does not protect it. */
function shortHash(text: string): string {
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (const byte of new TextEncoder().encode(text))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100_0000_01b3n);
  return hash.toString(16).padStart(16, "0");
}
