import { cellOf, readString } from "../record/cell.ts";
import { canGenerateCode, generate } from "../record/code-generation.ts";
import type { Column } from "../record/column.ts";
import type { Field, RecordLayout } from "../record/layout.ts";
import { setOwn } from "../record/plain-value.ts";

/** Makes objects of the rows of columns, as JSON.parse would make them of lines with the same fields; absent ones are left out. */
export type RecordReader = (columns: readonly Column[], length: number) => (row: number) => unknown;

/** A reader of the columns of a layout of scalar fields; generated code where that is allowed. */
export function recordReader({ fields }: RecordLayout, codeGeneration: boolean = canGenerateCode()): RecordReader {
  return codeGeneration ? generatedReader(fields) : (columns) => (row) => plainRecord(fields, columns, row);
}

function plainRecord(fields: readonly Field[], columns: readonly Column[], row: number): unknown {
  const record = {};
  for (const [index, { name }] of fields.entries()) {
    const value = cellOf(columns[index] as Column, row);
    if (value !== undefined) setOwn(record, name, value);
  }
  return record;
}

function generatedReader(fields: readonly Field[]): RecordReader {
  const cells = fields.map((field, index) => cellSource(field, index));
  const isWhole = fields.every(({ optional }) => !optional);
  const literal = fields.map(({ name }, index) => `${JSON.stringify(name)}: ${cells[index]}`).join(", ");
  const sets = fields.map(
    ({ name, optional }, index) =>
      `${optional ? `if (p${index} === null || p${index}[i] !== 2) ` : ""}o[${JSON.stringify(name)}] = ${cells[index]};`,
  );
  const columns = fields.map((_, index) => `const c${index} = columns[${index}], p${index} = c${index}.presence;`);
  const values = fields.map(
    ({ kind }, index) => `const v${index} = c${index}.${kind === "utf8" ? "strings" : "values"};`,
  );
  const body = [
    `return (columns) => { ${columns.join(" ")} ${values.join(" ")}`,
    isWhole ? `return (i) => ({ ${literal} }); };` : `return (i) => { const o = {}; ${sets.join(" ")} return o; }; };`,
  ];
  return generate(["readString"], body.join("\n"))(readString) as RecordReader;
}

/** Source of the value of row i of a column. */
function cellSource({ kind, nullable }: Field, index: number): string {
  const value = valueSource(kind, index);
  return nullable ? `(p${index} !== null && p${index}[i] === 1 ? null : ${value})` : value;
}

function valueSource(kind: Field["kind"], index: number): string {
  const cell = `v${index}[i]`;
  switch (kind) {
    case "utf8":
      return `(${cell} ?? readString(c${index}, i))`;
    case "dictionary":
      return `c${index}.dictionary[${cell}]`;
    case "boolean":
      return `${cell} === 1`;
    default:
      return cell;
  }
}
