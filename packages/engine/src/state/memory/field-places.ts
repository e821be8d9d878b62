import type { Field, RecordLayout } from "../../record/layout.ts";

/** Where in a block a field is, in bytes from the block's first. */
export interface FieldPlace {
  readonly field: Field;
  /** The word of a number or, of a text or a nested part, of its length in bytes. */
  readonly at: number;
  /** The byte that says whether it is there (PRESENCE), for a field that may be null or absent. */
  readonly presenceAt: number;
}

/** Where the fields of a layout are, and how many bytes their fixed parts end at: the block's head, then 8-byte, 4-byte and 1-byte ones. */
export function arrangeFields(layout: RecordLayout): { places: FieldPlace[]; fixedBytes: number } {
  let end = 8;
  const take = (bytes: number): number => (end += bytes) - bytes;
  const at = new Map<Field, number>();
  const each = (isMeant: (kind: Field["kind"]) => boolean, bytes: number): void => {
    for (const field of layout.fields) if (isMeant(field.kind)) at.set(field, take(bytes));
  };
  each((kind) => kind === "float64", 8);
  each((kind) => kind !== "float64" && kind !== "boolean", 4);
  each((kind) => kind === "boolean", 1);
  const places = layout.fields.map((field) => ({
    field,
    at: at.get(field) as number,
    presenceAt: field.nullable || field.optional ? take(1) : -1,
  }));
  return { places, fixedBytes: (end + 3) & ~3 };
}

/** A field with its number, which stands for its name in generated code. */
export interface NumberedPlace extends FieldPlace {
  readonly f: number;
}

export function numberedPlaces(places: readonly FieldPlace[]): readonly NumberedPlace[] {
  return places.map((place, f) => ({ ...place, f }));
}
