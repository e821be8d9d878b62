import type { Schema } from "@tidemark/engine";

type FieldType = "string" | "number";

interface LooseSchema<T> extends Schema {
  readonly "~standard": Schema["~standard"] & {
    readonly types?: { readonly input: T; readonly output: T };
    readonly jsonSchema: {
      readonly input: () => Record<string, unknown>;
      readonly output: () => Record<string, unknown>;
    };
  };
}

/** A Standard Schema of flat records, which checks what types its fields have. Scenarios depend on no schema library. */
export function looseSchema<T>(fields: Readonly<Record<keyof T & string, FieldType>>): LooseSchema<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const json = (): Record<string, unknown> => ({
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, { type: fields[name] }])),
    required: names,
  });
  return {
    "~standard": {
      version: 1,
      vendor: "tidemark-simulator",
      jsonSchema: { input: json, output: json },
      validate(value) {
        if (typeof value !== "object" || value === null) return { issues: [{ message: "not an object" }] };
        const wrong = names.find((name) => typeof (value as Record<string, unknown>)[name] !== fields[name]);
        if (wrong !== undefined) return { issues: [{ message: `"${wrong}" is not a ${fields[wrong]}` }] };
        return { value: value as T };
      },
    },
  };
}
