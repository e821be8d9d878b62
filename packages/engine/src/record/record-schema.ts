import type { RecordLayout } from "./layout.ts";

/** What a port knows of its records, made once from a Standard Schema. */
export interface RecordSchema {
  /** Columns derived from the schema's JSON Schema (its output side); a `value` layout where it has none. */
  readonly layout: RecordLayout;
  /** JSON Schema of the record, where the schema offers one. */
  readonly jsonSchema: unknown;
  /** True: decoders check only what the columns need, the schema's own validation is not run. */
  readonly trust: boolean;
  /** Validates and transforms one decoded value; a failure lists the issues in words. */
  validate(value: unknown): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly issues: string };
}
