import type { StandardSchemaV1 } from "@standard-schema/spec";
import { TidemarkError } from "../foundation/error.ts";

/** Any schema that implements Standard Schema: zod, valibot, arktype, or one written by hand. */
export type Schema = StandardSchemaV1;

/** What a schema stands for: the type of its output. */
export type RecordOf<S extends Schema> = StandardSchemaV1.InferOutput<S>;

/** Refuses what is no Standard Schema with TM_SCHEMA; types keep TypeScript users from it, JavaScript ones get words. */
export function checkSchema(schema: unknown, what: string, pipeline: string | undefined): asserts schema is Schema {
  const isObject = (typeof schema === "object" && schema !== null) || typeof schema === "function";
  const standard: unknown = isObject && "~standard" in schema ? schema["~standard"] : undefined;
  if (typeof standard === "object" && standard !== null && "validate" in standard) return;
  throw new TidemarkError(
    "TM_SCHEMA",
    `${what} needs a schema that implements Standard Schema, such as one of zod, valibot or arktype`,
    { facts: { pipeline, given: schema === null ? "null" : typeof schema } },
  );
}
