import { hashText } from "../graph/text-hash.ts";
import { recordSchema } from "../record/record-schema.ts";
import { PLAIN_CODEC, type StateCodec } from "../state/state-codec.ts";
import { checkSchema, type Schema } from "./schema.ts";

/**
 * Codec of plain data whose schema is known: its hash names the schema's JSON Schema, whatever the order of its members, so
 * that a change of the schema is seen at the next start. A schema without JSON Schema is as good as none.
 */
export function schemaCodec(schema: Schema, what: string): StateCodec {
  checkSchema(schema, what, undefined);
  const { jsonSchema } = recordSchema(schema, { trust: true });
  if (jsonSchema === null) return PLAIN_CODEC;
  return { ...PLAIN_CODEC, schemaHash: hashText(canonicalJson(jsonSchema)), jsonSchema };
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
