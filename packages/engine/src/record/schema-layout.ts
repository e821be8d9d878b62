import { type Field, layoutOf, type RecordLayout, VALUE_LAYOUT } from "./layout.ts";
import { FIELDS_MAX, isOddName } from "./learned-layout.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** Keywords that say nothing about which kind of value it is. */
const SILENT = new Set([
  "$schema",
  "$id",
  "id",
  "$comment",
  "$anchor",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "format",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
]);

/**
 * Columns for the records of a JSON Schema (draft 2020-12). An object with declared properties becomes a struct in the
 * order in which they are declared; a property that is not understood through and through becomes a json column. VALUE_LAYOUT where the record
 * is no such object, where it may have other properties too, or where a name cannot be a column's.
 */
export function schemaLayout(jsonSchema: unknown): RecordLayout {
  if (!isObject(jsonSchema) || jsonSchema["type"] !== "object") return VALUE_LAYOUT;
  const { properties, required, additionalProperties, ...rest } = jsonSchema;
  const isClosed = additionalProperties === undefined || additionalProperties === false;
  const isPlain = Object.keys(rest).every(
    (keyword) => keyword === "type" || keyword === "$defs" || SILENT.has(keyword),
  );
  if (!isObject(properties) || !isClosed || !isPlain) return VALUE_LAYOUT;
  const names = Object.keys(properties);
  if (names.length > FIELDS_MAX || names.some(isOddName)) return VALUE_LAYOUT;
  const requiredNames = new Set<unknown>(Array.isArray(required) ? required : []);
  return layoutOf(names.map((name) => fieldOf(name, properties[name], !requiredNames.has(name))));
}

function fieldOf(name: string, schema: unknown, optional: boolean): Field {
  const kinds = new Set<Kind>();
  collectKinds(schema, kinds);
  const nullable = kinds.delete("null");
  const [kind, another] = kinds;
  if (kind !== undefined && another === undefined && kind !== "json" && kind !== "null")
    return { name, kind, nullable, optional };
  // A json column holds null as it is.
  return { name, kind: "json", nullable: false, optional };
}

type Kind = Field["kind"] | "null";

/** Adds the kinds of value that a schema allows; "json" where that is not certain. */
function collectKinds(schema: unknown, kinds: Set<Kind>): void {
  if (!isObject(schema)) {
    kinds.add("json");
    return;
  }
  const { type, anyOf, enum: members, const: constant, ...rest } = schema;
  const isCertain = Object.keys(rest).every((keyword) => SILENT.has(keyword));
  if (!isCertain) kinds.add("json");
  else if (anyOf !== undefined) collectAnyOf(anyOf, type, kinds);
  else if (members !== undefined) collectMembers(members, kinds);
  else if (constant !== undefined) collectMembers([constant], kinds);
  else if (Array.isArray(type)) for (const one of type) kinds.add(kindOfType(one, schema));
  else kinds.add(kindOfType(type, schema));
}

function collectAnyOf(anyOf: unknown, type: unknown, kinds: Set<Kind>): void {
  if (!Array.isArray(anyOf) || type !== undefined) {
    kinds.add("json");
    return;
  }
  for (const branch of anyOf) collectKinds(branch, kinds);
}

function collectMembers(members: unknown, kinds: Set<Kind>): void {
  if (!Array.isArray(members)) {
    kinds.add("json");
    return;
  }
  for (const member of members) {
    if (member === null) kinds.add("null");
    else if (typeof member === "string") kinds.add("dictionary");
    else if (typeof member === "boolean") kinds.add("boolean");
    else if (typeof member === "number") kinds.add("float64");
    else kinds.add("json");
  }
}

function kindOfType(type: unknown, schema: JsonObject): Kind {
  switch (type) {
    case "string":
      return "utf8";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "number":
      return "float64";
    case "integer":
      return isWithinInt32(schema) ? "int32" : "float64";
    default:
      return "json";
  }
}

/** Whether both bounds are given and inside of int32. */
function isWithinInt32({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonObject): boolean {
  const lowest = Math.max(boundOf(minimum, -Infinity), boundOf(exclusiveMinimum, -Infinity) + 1);
  const highest = Math.min(boundOf(maximum, Infinity), boundOf(exclusiveMaximum, Infinity) - 1);
  return lowest >= INT32_MIN && highest <= INT32_MAX;
}

function boundOf(bound: unknown, otherwise: number): number {
  return typeof bound === "number" ? bound : otherwise;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
