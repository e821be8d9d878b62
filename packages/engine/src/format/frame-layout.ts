import type { ColumnKind, RecordLayout } from "../record/layout.ts";
import { ROW_KIND_FIELD } from "./batch-encoder.ts";

/** How a field is held in a frame: as a column is, or as the kind of change of a changelog's row, one byte. */
export type FrameFieldKind = ColumnKind | "rowKind";

/** One field of the rows of a frame. */
export interface FrameField {
  readonly name: string;
  readonly kind: FrameFieldKind;
  readonly nullable: boolean;
  readonly optional: boolean;
}

/** What the rows of a frame hold. A changelog's first field is the kind of change, "op". */
export interface FrameLayout {
  readonly shape: RecordLayout["shape"];
  readonly fields: readonly FrameField[];
}

const KINDS: ReadonlySet<string> = new Set<FrameFieldKind>([
  "int32",
  "float64",
  "boolean",
  "utf8",
  "dictionary",
  "json",
  "rowKind",
]);

const ROW_KIND: FrameField = { name: ROW_KIND_FIELD, kind: "rowKind", nullable: false, optional: false };

/** The layout of frames for batches of a layout. */
export function frameLayoutOf(layout: RecordLayout, isChangelog: boolean): FrameLayout {
  return { shape: layout.shape, fields: isChangelog ? [ROW_KIND, ...layout.fields] : layout.fields };
}

/** As it stands in a layout frame, without the spaces that fill it up. */
export function layoutText({ shape, fields }: FrameLayout): string {
  return JSON.stringify({
    shape,
    fields: fields.map(({ name, kind, nullable, optional }) => ({ name, kind, nullable, optional })),
  });
}

/** Inverse of {@link layoutText}; what is wrong with the text where it is no layout. */
export function parseLayout(text: string): FrameLayout | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  if (!isObject(value) || (value["shape"] !== "struct" && value["shape"] !== "value")) return "it has no shape";
  const { shape, fields } = value as { shape: FrameLayout["shape"]; fields?: unknown };
  if (!Array.isArray(fields)) return "it has no fields";
  const names = new Set<string>();
  for (const [index, field] of (fields as unknown[]).entries()) {
    if (!isField(field))
      return `field ${index} is not one that this version knows: ${JSON.stringify(field).slice(0, 200)}`;
    if (names.has(field.name)) return `field ${JSON.stringify(field.name)} is there twice`;
    names.add(field.name);
    if (field.kind === "rowKind" && (index > 0 || field.nullable || field.optional))
      return `field ${JSON.stringify(field.name)} is a kind of change, and not the first`;
  }
  const last = (fields as FrameField[]).filter(({ kind }) => kind !== "rowKind");
  if (shape === "value" && (last.length !== 1 || last[0]?.kind !== "json")) return "a value has one json field";
  return { shape, fields: fields as FrameField[] };
}

function isField(field: unknown): field is FrameField {
  return (
    isObject(field) &&
    typeof field["name"] === "string" &&
    KINDS.has(field["kind"] as string) &&
    typeof field["nullable"] === "boolean" &&
    typeof field["optional"] === "boolean"
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
