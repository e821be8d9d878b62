import type { Field } from "../../record/layout.ts";
import type { FieldPlace, NumberedPlace } from "./field-places.ts";

/** A field whose cells are UTF-8 behind the fixed part. */
export function isText({ field }: FieldPlace): boolean {
  return field.kind === "utf8" || field.kind === "dictionary";
}

const ARRAYS: Readonly<Record<Field["kind"], string>> = {
  int32: "Int32Array",
  float64: "Float64Array",
  boolean: "Uint8Array",
  utf8: "Array",
  dictionary: "Array",
  json: "Array",
};

/** Makes the arrays of generated columns, in their constructor: c are cells (strings of a text), o and n offsets and lengths of texts, p presence. */
export function arraysSource(fields: readonly NumberedPlace[]): string {
  return fields
    .map((place) => {
      const { f, field, presenceAt } = place;
      const presence = presenceAt < 0 ? "" : `this.p${f} = new Uint8Array(rows);`;
      const text = isText(place) ? `this.o${f} = new Int32Array(rows); this.n${f} = new Int32Array(rows);` : "";
      return `this.c${f} = new ${ARRAYS[field.kind]}(rows); ${text} ${presence}`;
    })
    .join("\n");
}

/** The column over the arrays of each field, in a list; `bytes` is where those of all texts are. */
export function columnListSource(fields: readonly NumberedPlace[], bytes: string): string {
  const columns = fields.map((place) => {
    const { f, field, presenceAt } = place;
    const presence = presenceAt < 0 ? "null" : `this.p${f}`;
    return isText(place)
      ? `{ kind: "utf8", presence: ${presence}, bytes: ${bytes}, offsets: this.o${f}, lengths: this.n${f}, strings: this.c${f} }`
      : `{ kind: "${field.kind}", presence: ${presence}, values: this.c${f} }`;
  });
  return `this.columns = [${columns.join(", ")}];`;
}
