import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { TidemarkError } from "../foundation/error.ts";
import { type RecordLayout, VALUE_LAYOUT } from "./layout.ts";
import { schemaLayout } from "./schema-layout.ts";

/** What a port knows of its records, made once from a Standard Schema. */
export interface RecordSchema {
  /** Columns derived from the schema's JSON Schema (its output side); a `value` layout where it has none. */
  readonly layout: RecordLayout;
  /** JSON Schema of the record, where the schema offers one, else null. */
  readonly jsonSchema: unknown;
  /** True: decoders check only what the columns need, the schema's own validation is not run. */
  readonly trust: boolean;
  /** Validates and transforms one decoded value; a failure lists the issues in words. */
  validate(
    value: unknown,
  ): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly issues: string };
}

/**
 * The record schema of any Standard Schema. Its columns come from Standard JSON Schema where the library offers that; a schema without it, or
 * which has no JSON Schema (a date, a transform), holds records whole. `validate` throws TM_SCHEMA for asynchronous schemas.
 */
export function recordSchema(schema: StandardSchemaV1, { trust }: { readonly trust: boolean }): RecordSchema {
  const standard = (schema as Partial<StandardSchemaV1> | null | undefined)?.["~standard"];
  if (typeof standard?.validate !== "function") {
    throw new TidemarkError(
      "TM_SCHEMA",
      "this is no Standard Schema; give one of zod, valibot, arktype or another library that implements it",
    );
  }
  const jsonSchema = jsonSchemaOf(standard);
  return {
    layout: jsonSchema === null ? VALUE_LAYOUT : schemaLayout(jsonSchema),
    jsonSchema,
    trust,
    validate(value) {
      const result = standard.validate(value);
      if (result instanceof Promise) {
        // The rejection belongs to the promise that nobody waits for.
        result.catch(() => undefined);
        throw new TidemarkError(
          "TM_SCHEMA",
          "async schemas are not supported; validate synchronously here, and look things up in mapAsync",
          {
            facts: { vendor: standard.vendor },
          },
        );
      }
      return result.issues === undefined
        ? { ok: true, value: result.value }
        : { ok: false, issues: issuesText(result.issues) };
    },
  };
}

/**
 * Options by which a library leaves out the parts that it has no JSON Schema for, instead of throwing; the parts become json columns.
 * Valibot's converter
 * also has to be told that a loose object has other properties.
 */
const LENIENT: Readonly<Record<string, Record<string, unknown>>> = {
  zod: { unrepresentable: "any" },
  valibot: {
    overrideSchema: ({ valibotSchema, jsonSchema, errors }: ValibotPart) => {
      if (valibotSchema?.type === "loose_object") return { ...jsonSchema, additionalProperties: true };
      return errors === undefined ? undefined : {};
    },
    overrideAction: ({ valibotAction, jsonSchema, errors }: ValibotPart) => {
      if (errors === undefined) return undefined;
      // A check that JSON Schema cannot say leaves the value as it was, as does a brand; a transform may make anything of it.
      const isTransform = valibotAction?.kind === "transformation" && !TYPE_ONLY.has(valibotAction.type);
      return isTransform ? {} : jsonSchema;
    },
  },
};

/** Actions of valibot that change the type and not the value. */
const TYPE_ONLY: ReadonlySet<string> = new Set(["brand", "flavor", "readonly"]);

interface ValibotPart {
  readonly valibotSchema?: { readonly type: string };
  readonly valibotAction?: { readonly kind: string; readonly type: string };
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  /** Why there is no JSON Schema of the part. */
  readonly errors?: readonly string[];
}

function jsonSchemaOf(standard: StandardSchemaV1.Props): unknown {
  const converter = (standard as Partial<StandardJSONSchemaV1.Props>).jsonSchema;
  if (typeof converter?.output !== "function") return null;
  const libraryOptions = LENIENT[standard.vendor];
  try {
    return converter.output({ target: "draft-2020-12", ...(libraryOptions === undefined ? {} : { libraryOptions }) });
  } catch {
    // The standard's way of saying that the schema has no JSON Schema; records are then held whole.
    return null;
  }
}

const ISSUES_MAX = 5;

function issuesText(issues: readonly StandardSchemaV1.Issue[]): string {
  const texts = issues.slice(0, ISSUES_MAX).map(({ message, path }) => {
    const where = (path ?? []).map((segment) => String(typeof segment === "object" ? segment.key : segment)).join(".");
    return where === "" ? message : `${where}: ${message}`;
  });
  const more = issues.length - texts.length;
  return texts.join("; ") + (more > 0 ? `; and ${more} more` : "");
}
