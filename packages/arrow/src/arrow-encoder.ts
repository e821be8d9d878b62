import { recordOf, TidemarkError, type Column, type RecordBatch, type RecordLayout } from "@tidemark/engine/connector";
import { jsonText, ROW_KIND_FIELD, ROW_KIND_TEXTS, type BatchEncoder, type BinaryHeader } from "@tidemark/engine/files";
import { makeData, RecordBatch as ArrowBatch, RecordBatchStreamWriter, Struct } from "apache-arrow";
import { writtenSchema, type WrittenField, type WrittenSchema } from "./arrow-schema.ts";
import { cellsAsVector, type Cells } from "./vector-writers.ts";

/** Rows of a record batch, at least, but for the last one before a checkpoint. */
const ROWS_GOAL = 16_384;
/** The mark of the end of a stream. */
const END_BYTES = 8;

const NO_BYTES = new Uint8Array(0);

/**
 * Encodes batches as messages of an Arrow stream. The schema is that of the first batch, and stands in the header. Rows are kept back until a
 * record batch is full; its dictionaries stand before it, so that what was encoded between two calls of `flush` can stand anywhere in a file.
 * TM_SINK_CHANGED for records with other fields than the first ones.
 */
export class ArrowEncoder implements BatchEncoder {
  readonly #timestamps: ReadonlySet<string>;
  #schema: WrittenSchema | null = null;
  #isChangelog = false;
  /** A layout whose fields were found to fit. */
  #fitting: RecordLayout | null = null;
  #held: RecordBatch[] = [];
  #heldRows = 0;

  constructor(timestamps: ReadonlySet<string>) {
    this.#timestamps = timestamps;
  }

  encode(batch: RecordBatch): Uint8Array {
    const isChangelog = batch.rowKinds !== null;
    if (this.#schema === null) {
      if (isChangelog) refuseRowKindField(batch.layout);
      this.#schema = writtenSchema(batch.layout, { isChangelog, timestamps: this.#timestamps });
      this.#isChangelog = isChangelog;
    }
    if (batch.layout !== this.#fitting) this.#fit(batch.layout, this.#schema);
    if (isChangelog !== this.#isChangelog) throw otherFields(this.#schema, "a changelog and plain records in one");
    this.#held.push(batch);
    this.#heldRows += batch.length;
    return this.#heldRows < ROWS_GOAL ? NO_BYTES : this.flush();
  }

  flush(): Uint8Array {
    if (this.#heldRows === 0 || this.#schema === null) return NO_BYTES;
    const bytes = encoded(this.#schema, this.#held, this.#heldRows);
    this.#held = [];
    this.#heldRows = 0;
    return bytes;
  }

  header(): BinaryHeader | null {
    return this.#schema === null ? null : { bytes: this.#schema.message, says: this.#schema.says };
  }

  #fit(layout: RecordLayout, written: WrittenSchema): void {
    const names = new Set(written.fields.map(({ name }) => name));
    const isFitting =
      written.isWhole || (layout.shape === "struct" && layout.fields.every(({ name }) => names.has(name)));
    if (!isFitting) throw otherFields(written, layout.fields.map(({ name, kind }) => `${name}: ${kind}`).join(", "));
    this.#fitting = layout;
  }
}

function encoded(written: WrittenSchema, batches: readonly RecordBatch[], rows: number): Uint8Array {
  const children = written.fields.map((field) =>
    cellsAsVector(
      field,
      batches.map((batch) => ({ column: columnOf(field, batch, written), rows: batch.length })),
      rows,
    ),
  );
  const { schema, message } = written;
  const data = makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children });
  const writer = new RecordBatchStreamWriter();
  writer.write(new ArrowBatch(schema, data));
  // A stream of its own, of which the header has the beginning, and which goes on.
  const stream = writer.finish().toUint8Array(true);
  return stream.subarray(message.length, stream.length - END_BYTES);
}

/** The cells of a field; null: the batch has no such field. */
function columnOf(field: WrittenField, batch: RecordBatch, { isWhole }: WrittenSchema): Cells["column"] {
  const { layout, length, rowKinds, columns } = batch;
  if (field.form === "rowKind") {
    return { kind: "dictionary", presence: null, values: Int32Array.from(rowKinds ?? []), dictionary: ROW_KIND_TEXTS };
  }
  if (isWhole && layout.shape === "struct")
    return { kind: "json", presence: null, values: Array.from({ length }, (_, row) => recordOf(batch, row)) };
  const index = layout.fields.findIndex(({ name }) => name === field.name);
  return index < 0 ? null : (columns[index] as Column);
}

/** A field of that name would be taken for the kind of change. */
function refuseRowKindField({ fields }: RecordLayout): void {
  if (!fields.some(({ name }) => name === ROW_KIND_FIELD)) return;
  throw new TidemarkError(
    "TM_SINK_CHANGED",
    `a changelog's kind of change is written as ${jsonText(ROW_KIND_FIELD)}, and its records have a field of that name. Rename the field with a map`,
  );
}

function otherFields(written: WrittenSchema, found: string): TidemarkError {
  return new TidemarkError(
    "TM_SINK_CHANGED",
    "the records for an Arrow stream have other fields than those before them, which one schema cannot have. Give each record the same fields, or declare them with a schema",
    { facts: { columns: written.says, newColumns: found } },
  );
}
