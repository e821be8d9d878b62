import type { Column, RecordSchema } from "@tidemark/engine/connector";
import { columnFit, PRESENCE, type DecodedRecords, type FrameField, type FrameFieldKind } from "@tidemark/engine/files";
import { TidemarkError } from "@tidemark/engine/connector";
import type { Data, Field, RecordBatch, Schema } from "apache-arrow";
import { holdsWhole } from "./arrow-schema.ts";
import { bitAt, tooShort } from "./number-readers.ts";
import { VectorFault } from "./vector-fault.ts";
import { vectorReader, type VectorReader } from "./vector-readers.ts";

/** A field of the file that can be read. */
interface ReadField {
  readonly name: string;
  /** In the schema of the file. */
  readonly index: number;
  readonly reader: VectorReader;
  /** PRESENCE of a null: of a field that may be left out and not be null it is one that was left out. */
  readonly nullCode: number;
}

/** Rows of record batches of one schema, as records of a port. */
export interface BatchColumns {
  /** Rows [from, from + rows) of a batch; `first`: the number of the first of them. VectorFault if the batch is not what its schema says. */
  read(batch: RecordBatch, range: { from: number; rows: number; first: number }): DecodedRecords;
}

/** TM_SOURCE, naming the field, where no record of the file can be one of the port's, or a field that the port asks for is of a type that cannot be read. */
export function batchColumns(file: Schema, schema: RecordSchema, input: string): BatchColumns {
  const fields = file.fields.flatMap((field, index) => {
    const read = readField(field, index, schema, input);
    return read === null ? [] : [read];
  });
  const fit = columnFit(
    {
      shape: holdsWhole(file) ? "value" : "struct",
      fields: fields.map(({ name, reader, nullCode }): FrameField => ({
        name,
        kind: reader.kind,
        nullable: nullCode === PRESENCE.null,
        optional: nullCode === PRESENCE.absent,
      })),
    },
    schema,
    input,
  );
  return {
    read(batch, { from, rows, first }) {
      const columns = fields.map((field, at) =>
        fit.wanted[at] === true ? readColumn(field, batch, { from, rows, checkText: !schema.trust }) : null,
      );
      const offsets = new Float64Array(rows);
      for (let row = 0; row < rows; row++) offsets[row] = first + row;
      return fit.fit(columns, offsets, rows);
    },
  };
}

function readField(field: Field, index: number, schema: RecordSchema, input: string): ReadField | null {
  const isStruct = schema.layout.shape === "struct";
  const asked = isStruct ? schema.layout.fields.find(({ name }) => name === field.name) : undefined;
  const reader = vectorReader(field, isStruct ? wantedKind(asked) : "json");
  const isLeftOut = asked?.optional === true && (!asked.nullable || asked.kind === "json");
  if (reader !== null)
    return { name: field.name, index, reader, nullCode: isLeftOut ? PRESENCE.absent : PRESENCE.null };
  if (isStruct && asked === undefined) return null;
  throw new TidemarkError(
    "TM_SOURCE",
    `field ${JSON.stringify(field.name)} of an Arrow input is of the type ${String(field.type)}, which has no columns here: ` +
      "numbers of up to 64 bits, booleans, strings, dates, timestamps, dictionaries, lists and structs of them have. Write the file with another type, or leave the field out",
    { facts: { input, field: field.name, type: String(field.type) } },
  );
}

function wantedKind(asked: { readonly kind: FrameFieldKind } | undefined): FrameFieldKind | null {
  return asked?.kind ?? null;
}

function readColumn(
  { name, index, reader, nullCode }: ReadField,
  batch: RecordBatch,
  range: { from: number; rows: number; checkText: boolean },
): Column {
  const data = batch.data.children[index] as Data | undefined;
  try {
    if (data === undefined || data.length !== batch.numRows) throw tooShort();
    const presence = presenceOf(data, range, nullCode);
    return reader.read(data, { ...range, presence, nullCode });
  } catch (error) {
    const why = error instanceof VectorFault ? error.message : String(error);
    throw new VectorFault(`field ${JSON.stringify(name)}: ${why}`, { cause: error });
  }
}

function presenceOf(data: Data, { from, rows }: { from: number; rows: number }, nullCode: number): Uint8Array | null {
  const bits = data.nullBitmap;
  if (bits === undefined || bits.length === 0 || data.nullCount === 0) return null;
  if (bits.length * 8 < from + rows) throw tooShort();
  const presence = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) if (bitAt(bits, from + row) === 0) presence[row] = nullCode;
  return presence;
}
