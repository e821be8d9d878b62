import { hashText } from "../graph/text-hash.ts";
import { PLAIN_CODEC, type StateCodec } from "../state/state-codec.ts";
import { checkSchema, type Schema } from "./schema.ts";

/**
 * Codec of plain data whose schema is known: its hash names the schema's JSON Schema, whatever the order of its members, so
 * that a change of the schema is seen at the next start. A schema without JSON Schema is as good as none.
 */
export function schemaCodec(schema: Schema, what: string): StateCodec {
  checkSchema(schema, what, undefined);
  const jsonSchema = outputJsonSchema(schema);
  if (jsonSchema === null) return PLAIN_CODEC;
  return { ...PLAIN_CODEC, schemaHash: hashText(canonicalJson(jsonSchema)), jsonSchema };
}

interface OffersJsonSchema {
  readonly jsonSchema: { output(options: { target: string }): unknown };
}

function outputJsonSchema(schema: Schema): unknown {
  const standard: object = schema["~standard"];
  if (!offersJsonSchema(standard)) return null;
  try {
    return standard.jsonSchema.output({ target: "draft-2020-12" });
  } catch {
    // The specification's way of saying that this schema (a transform, a function) has no JSON Schema.
    return null;
  }
}

function offersJsonSchema(standard: object): standard is OffersJsonSchema {
  return "jsonSchema" in standard && typeof standard.jsonSchema === "object" && standard.jsonSchema !== null;
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
