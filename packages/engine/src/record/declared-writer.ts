import { canGenerateCode, generate } from "./code-generation.ts";
import { columnWriter } from "./column-writer.ts";
import { type GeneratedCells, GeneratedWriter } from "./generated-writer.ts";
import type { Field, RecordLayout } from "./layout.ts";
import { detach, setOwn } from "./plain-value.ts";
import { type RecordSink, RecordWriter } from "./record-writer.ts";
import { stringColumn } from "./string-column.ts";

/** Takes the declared fields of records into the columns of a given layout, in generated code where that is allowed. */
export function declaredWriter(layout: RecordLayout, codeGeneration: boolean = canGenerateCode()): RecordSink {
  if (!codeGeneration || layout.shape === "value") return new RecordWriter(layout);
  return new GeneratedWriter(layout, {
    cells: newCells(layout),
    match: "declared",
    plain: (record) => declaredFields(layout, record),
  });
}

/** The declared fields of an instance of a class, or of an object of another realm's: its own ones count. */
function declaredFields(layout: RecordLayout, record: object): object {
  const plain: Record<string, unknown> = {};
  for (const { name } of layout.fields)
    if (Object.hasOwn(record, name)) setOwn(plain, name, (record as Record<string, unknown>)[name]);
  return plain;
}

/** Source of a kind's cells: an empty array, whether it is a typed one, a test of a value `v`, what is stored, what stands in an empty cell. */
interface KindSource {
  readonly array: string | null;
  readonly test: (value: string) => string;
  readonly stored: (value: string) => string;
  readonly blank: string;
}

/** Null: the column's own writer does it. */
const SOURCES: Readonly<Record<Field["kind"], KindSource | null>> = {
  int32: {
    array: "Int32Array",
    test: (v) => `typeof ${v} === "number" && (${v} | 0) === ${v} && (${v} !== 0 || 1 / ${v} > 0)`,
    stored: (v) => v,
    blank: "0",
  },
  float64: { array: "Float64Array", test: (v) => `typeof ${v} === "number"`, stored: (v) => v, blank: "0" },
  boolean: { array: "Uint8Array", test: (v) => `typeof ${v} === "boolean"`, stored: (v) => `${v} ? 1 : 0`, blank: "0" },
  utf8: { array: null, test: (v) => `typeof ${v} === "string"`, stored: (v) => v, blank: '""' },
  dictionary: null,
  json: { array: null, test: () => "true", stored: (v) => v, blank: "undefined" },
};

function newCells(layout: RecordLayout): GeneratedCells {
  const parts = layout.fields.map((field, f) => fieldSource(field, f));
  const join = (pick: (part: FieldSource) => string): string => parts.map(pick).join("\n");
  const lines = [
    "return class Cells {",
    `constructor() { this.rows = 0; ${join(({ begin }) => begin)} }`,
    `reserve(rows) { this.rows = rows; ${join(({ reserve }) => reserve)} }`,
    "write(row, o) {",
    "if (typeof o !== 'object' || o === null) return false;",
    "const prototype = Object.getPrototypeOf(o); if (prototype !== plain && prototype !== null) return false;",
    join(({ read }) => read),
    join(({ test }) => test),
    join(({ store }) => store),
    "return true; }",
    `take() { const columns = [${parts.map(({ column }) => column).join(", ")}];`,
    `this.rows = 0; ${join(({ begin }) => begin)} return columns; } };`,
  ];
  const writers = layout.fields.map((field) => (SOURCES[field.kind] === null ? columnWriter(field) : null));
  const Made = generate(["plain", "detach", "stringColumn", "writers"], lines.join("\n"))(
    Object.prototype,
    detach,
    stringColumn,
    writers,
  ) as new () => GeneratedCells;
  return new Made();
}

interface FieldSource {
  readonly begin: string;
  readonly reserve: string;
  readonly read: string;
  readonly test: string;
  readonly store: string;
  readonly column: string;
}

function fieldSource(field: Field, f: number): FieldSource {
  const { name, kind, nullable, optional } = field;
  const source = SOURCES[kind];
  // Names are quoted as JSON: the one place where a user's text becomes source, and only as a string.
  const key = JSON.stringify(name);
  // A field may be named "constructor".
  const read = `let v${f} = ${name in Object.prototype ? `Object.hasOwn(o, ${key}) ? o[${key}] : undefined` : `o[${key}]`};`;
  if (source === null) {
    return {
      begin: "",
      reserve: `writers[${f}].reserve(rows);`,
      read,
      test: `if (!writers[${f}].accepts(v${f})) return false;`,
      store: `writers[${f}].write(row, v${f});`,
      column: `writers[${f}].take()`,
    };
  }
  const lack = [nullable ? `v${f} === null ? 1` : "", optional ? `v${f} === undefined ? 2` : ""].filter(Boolean);
  const code = lack.length === 0 ? "" : `const l${f} = ${lack.join(" : ")} : 0;`;
  const isThere =
    kind === "json" && !optional ? `if (v${f} === undefined && !Object.hasOwn(o, ${key})) return false;` : "";
  const copy = kind === "json" ? `if (typeof v${f} === "object" && v${f} !== null) v${f} = detach(v${f});` : "";
  const fits = lack.length === 0 ? source.test(`v${f}`) : `l${f} !== 0 || (${source.test(`v${f}`)})`;
  const note = `if (l${f} !== 0 && this.p${f} === null) this.p${f} = new Uint8Array(this.rows); if (this.p${f} !== null) this.p${f}[row] = l${f};`;
  const cell = source.stored(`v${f}`);
  const { array } = source;
  return {
    begin: `this.p${f} = null; this.c${f} = ${array === null ? "[]" : `new ${array}(0)`};`,
    reserve: [
      array === null ? "" : `{ const g = new ${array}(rows); g.set(this.c${f}); this.c${f} = g; }`,
      `if (this.p${f} !== null) { const g = new Uint8Array(rows); g.set(this.p${f}); this.p${f} = g; }`,
    ].join(" "),
    read,
    test: `${isThere} ${copy} ${code} if (!(${fits})) return false;`,
    store: `${lack.length === 0 ? "" : note} this.c${f}[row] = ${lack.length === 0 ? cell : `l${f} !== 0 ? ${source.blank} : ${cell}`};`,
    column:
      kind === "utf8"
        ? `stringColumn(this.c${f}, this.p${f})`
        : `{ kind: ${JSON.stringify(kind)}, presence: this.p${f}, values: this.c${f} }`,
  };
}
