import type { Field as Column, RecordLayout } from "@tidemark/engine/connector";
import { ROW_KIND_FIELD } from "@tidemark/engine/files";
import {
  Bool,
  Dictionary,
  Field,
  Float64,
  Int32,
  RecordBatchStreamWriter,
  Schema,
  TimestampMillisecond,
  Utf8,
  type DataType,
} from "apache-arrow";

const EXTENSION = "ARROW:extension:name";
const JSON_EXTENSION = "arrow.json";
/** Key of a schema's metadata that says that its one field holds whole records. */
const SHAPE = "tidemark.shape";

/** How the cells of a field are written. */
export type FieldForm = Column["kind"] | "timestamp" | "rowKind";

/** A field of a file that is being written. */
export interface WrittenField {
  readonly name: string;
  readonly form: FieldForm;
  readonly type: DataType;
}

/** The schema of a file that is being written. */
export interface WrittenSchema {
  readonly schema: Schema;
  readonly fields: readonly WrittenField[];
  /** One field holds whole records. */
  readonly isWhole: boolean;
  /** The message that a stream begins with. */
  readonly message: Uint8Array;
  /** The fields in words. */
  readonly says: string;
}

/**
 * The schema for records of a layout. Each field may be null. A changelog has its kind of change first, as "op"; `timestamps` names fields
 * of numbers that are epoch milliseconds. Values without a type of their own are JSON texts (the extension type `arrow.json`).
 */
export function writtenSchema(
  layout: RecordLayout,
  options: { isChangelog: boolean; timestamps: ReadonlySet<string> },
): WrittenSchema {
  const { isChangelog, timestamps } = options;
  const forms: { name: string; form: FieldForm }[] = layout.fields.map(({ name, kind }) => ({
    name,
    form: timestamps.has(name) && (kind === "float64" || kind === "int32") ? "timestamp" : kind,
  }));
  if (isChangelog) forms.unshift({ name: ROW_KIND_FIELD, form: "rowKind" });
  const fields = forms.map(({ name, form }, index) => ({ name, form, type: typeOf(form, index) }));
  const isWhole = layout.shape === "value";
  const schema = new Schema(
    fields.map(
      ({ name, form, type }) =>
        new Field(name, type, true, form === "json" ? new Map([[EXTENSION, JSON_EXTENSION]]) : undefined),
    ),
    isWhole ? new Map([[SHAPE, "value"]]) : undefined,
  );
  const says = forms.map(({ name, form }) => `${name}: ${form}`).join(", ");
  return { schema, fields, isWhole, message: schemaMessage(schema), says };
}

/** The message with which a stream of a schema begins. */
export function schemaMessage(schema: Schema): Uint8Array {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  return writer.toUint8Array(true);
}

/** Whether a field holds JSON texts. */
export function isJsonField({ metadata }: Field): boolean {
  return metadata.get(EXTENSION) === JSON_EXTENSION;
}

/** Whether the one field of a schema holds whole records. */
export function holdsWhole({ metadata, fields }: Schema): boolean {
  return metadata.get(SHAPE) === "value" && fields.length === 1;
}

function typeOf(form: FieldForm, index: number): DataType {
  switch (form) {
    case "int32":
      return new Int32();
    case "float64":
      return new Float64();
    case "boolean":
      return new Bool();
    case "timestamp":
      return new TimestampMillisecond("UTC");
    case "dictionary":
    case "rowKind":
      // The number is the dictionary's in the file; the library would go on counting.
      return new Dictionary(new Utf8(), new Int32(), index);
    case "utf8":
    case "json":
      return new Utf8();
  }
}
