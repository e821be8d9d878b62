import { generate } from "./code-generation.ts";
import { type GeneratedCells, GeneratedWriter } from "./generated-writer.ts";
import type { Field, RecordLayout } from "./layout.ts";
import { detach } from "./plain-value.ts";
import { type RecordSink, RecordWriter } from "./record-writer.ts";
import { stringColumn } from "./string-column.ts";

/** Takes records that have exactly the fields of a learned layout, in generated code where that is allowed. */
export function learnedWriter(layout: RecordLayout, codeGeneration: boolean): RecordSink {
  const isSimple = layout.fields.every(
    ({ kind, nullable, optional }) => SOURCES[kind] !== null && !nullable && !optional,
  );
  if (!codeGeneration || layout.shape === "value" || !isSimple) return new RecordWriter(layout, "exact");
  return new GeneratedWriter(layout, {
    cells: learnedCells(layout),
    match: "exact",
    plain: (record) => ({ ...record }),
  });
}

/** Source of a kind's cells: an empty array, one of `rows` that begins with those of `c`, a test of a value `v`, what is stored, the column. */
interface KindSource {
  readonly empty: string;
  readonly grown: (cells: string) => string;
  readonly test: (value: string) => string;
  readonly stored: (value: string) => string;
  readonly column: (cells: string) => string;
}

const typed = (array: string): Pick<KindSource, "empty" | "grown"> => ({
  empty: `new ${array}(0)`,
  grown: (cells) => `const g = new ${array}(rows); g.set(${cells}); ${cells} = g;`,
});
const list = { empty: "[]", grown: () => "" };

/** Null: no layout is learned with it. */
const SOURCES: Readonly<Record<Field["kind"], KindSource | null>> = {
  int32: null,
  dictionary: null,
  float64: {
    ...typed("Float64Array"),
    test: (value) => `typeof ${value} === "number"`,
    stored: (value) => value,
    column: (cells) => `{ kind: "float64", presence: null, values: ${cells} }`,
  },
  boolean: {
    ...typed("Uint8Array"),
    test: (value) => `typeof ${value} === "boolean"`,
    stored: (value) => `${value} ? 1 : 0`,
    column: (cells) => `{ kind: "boolean", presence: null, values: ${cells} }`,
  },
  utf8: {
    ...list,
    test: (value) => `typeof ${value} === "string"`,
    stored: (value) => value,
    column: (cells) => `stringColumn(${cells})`,
  },
  json: {
    ...list,
    test: () => "true",
    stored: (value) => value,
    column: (cells) => `{ kind: "json", presence: null, values: ${cells} }`,
  },
};

/** Cells for a layout that was learned, in generated code. */
export function learnedCells(layout: RecordLayout): GeneratedCells {
  if (layout.shape === "value") return valueCells();
  const names = layout.fields.map((field) => field.name);
  const fields = layout.fields.map(({ name, kind }, f) => ({ f, name, kind, source: SOURCES[kind] as KindSource }));
  const lines = [
    "return class Cells {",
    `constructor() { ${fields.map(({ f, source }) => `this.c${f} = ${source.empty};`).join(" ")} }`,
    `reserve(rows) { ${fields.map(({ f, source }) => `{ ${source.grown(`this.c${f}`)} }`).join(" ")} }`,
    "write(row, o) {",
    "if (typeof o !== 'object' || o === null || Object.getPrototypeOf(o) !== plain) return false;",
    "let n = 0; for (const k in o) { if (k !== names[n]) return false; n++; }",
    `if (n !== ${fields.length}) return false;`,
    // Names are quoted as JSON: the one place where a user's text becomes source, and only as a string.
    ...fields.map(({ f, name, kind }) => {
      const read = `o[${JSON.stringify(name)}]`;
      return kind === "json"
        ? `let v${f} = ${read}; if (typeof v${f} === 'object' && v${f} !== null) v${f} = detach(v${f});`
        : `const v${f} = ${read};`;
    }),
    ...fields.map(({ f, source }) => `if (!(${source.test(`v${f}`)})) return false;`),
    ...fields.map(({ f, source }) => `this.c${f}[row] = ${source.stored(`v${f}`)};`),
    "return true; }",
    `take() { const columns = [${fields.map(({ f, source }) => source.column(`this.c${f}`)).join(", ")}];`,
    `${fields.map(({ f, source }) => `this.c${f} = ${source.empty};`).join(" ")} return columns; }`,
    "};",
  ];
  const Made = generate(["names", "plain", "detach", "stringColumn"], lines.join("\n"))(
    names,
    Object.prototype,
    detach,
    stringColumn,
  ) as new () => GeneratedCells;
  return new Made();
}

function valueCells(): GeneratedCells {
  const lines = [
    "return class Cells { constructor() { this.c = []; } reserve() {}",
    "write(row, o) { this.c[row] = typeof o === 'object' && o !== null ? detach(o) : o; return true; }",
    "take() { const values = this.c; this.c = []; return [{ kind: 'json', presence: null, values }]; } };",
  ];
  const Made = generate(["detach"], lines.join("\n"))(detach) as new () => GeneratedCells;
  return new Made();
}
