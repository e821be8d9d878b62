import type { ColumnKind, Field, RecordLayout } from "../../record/layout.ts";
import { layoutOf } from "../../record/layout.ts";
import { PRESENCE } from "../../record/column.ts";
import { setOwn } from "../../record/plain-value.ts";
import { decodeValue } from "../../record/value-codec.ts";
import { arrangeFields, type FieldPlace } from "./field-places.ts";
import type { PayloadReader } from "./payload-reader.ts";
import type { PayloadWriter } from "./payload-writer.ts";
import { type Chunk, HEAD_BYTES } from "./value-arena.ts";

/** First byte of a value of a payload that is a record as its block has it, after those of payload-value.ts; frozen, docs/format.md. */
export const RECORD_TAG = 10;

/** Number of each kind of field in a payload; frozen. */
const KIND_NUMBERS: Readonly<Record<ColumnKind, number>> = {
  int32: 0,
  float64: 1,
  boolean: 2,
  utf8: 3,
  dictionary: 4,
  json: 5,
};
const KINDS = Object.keys(KIND_NUMBERS) as ColumnKind[];
const NULLABLE = 0x10;
const OPTIONAL = 0x20;

/** Writes a block of a record: the number of its layout, which follows where it is the first of it, then the words of the block after its head. */
export function writeRawRecord(writer: PayloadWriter, layout: RecordLayout, chunk: Chunk, base: number): void {
  const { layouts } = writer;
  // Most records of a payload are of one layout.
  const known = layouts[0] === layout ? 0 : layouts.indexOf(layout);
  if (known >= 0) writer.head(RECORD_TAG, known);
  else writeNewLayout(writer, layout);
  const first = base >>> 2;
  const words = ((chunk.ints[first + 1] as number) - HEAD_BYTES + 3) >>> 2;
  writer.words(chunk.ints, first + HEAD_BYTES / 4, words);
}

function writeNewLayout(writer: PayloadWriter, layout: RecordLayout): void {
  const { fields } = layout;
  writer.u8(RECORD_TAG);
  writer.varint(writer.layouts.length);
  writer.layouts.push(layout);
  writer.varint(fields.length);
  for (const { name, kind, nullable, optional } of fields) {
    writer.text(name);
    writer.u8(KIND_NUMBERS[kind] | (nullable ? NULLABLE : 0) | (optional ? OPTIONAL : 0));
  }
  writer.align();
}

/** Reads what {@link writeRawRecord} wrote behind the tag: its layout, and the record as a fresh object. */
export function readRawRecord(reader: PayloadReader): { layout: RecordLayout; record: object } {
  const { layouts } = reader;
  const number = reader.varint();
  if (number > layouts.length) reader.fail("a record is of a layout that is not there");
  const layout = layouts[number] ?? readLayout(reader);
  if (number === layouts.length) layouts.push(layout);
  reader.align();
  return { layout, record: readFields(reader, layout) };
}

function readLayout(reader: PayloadReader): RecordLayout {
  const count = reader.varint();
  if (count > reader.remaining) reader.fail("a layout cannot have that many fields");
  const fields: Field[] = [];
  for (let i = 0; i < count; i++) {
    const name = reader.text();
    const byte = reader.u8();
    const kind = KINDS[byte & 0x0f];
    if (kind === undefined || byte >= 0x40) reader.fail("a field is of an unknown kind");
    if (fields.some((field) => field.name === name)) reader.fail("a layout has a field twice");
    fields.push({ name, kind, nullable: (byte & NULLABLE) !== 0, optional: (byte & OPTIONAL) !== 0 });
  }
  return layoutOf(fields);
}

const arranged = new WeakMap<RecordLayout, ReturnType<typeof arrangeFields>>();

function readFields(reader: PayloadReader, layout: RecordLayout): object {
  let arrangement = arranged.get(layout);
  if (arrangement === undefined) {
    arrangement = arrangeFields(layout);
    arranged.set(layout, arrangement);
  }
  const { places, fixedBytes } = arrangement;
  const fixed = reader.view(fixedBytes - HEAD_BYTES);
  const texts = new Map<FieldPlace, string>();
  for (const place of places) {
    if (isText(place)) texts.set(place, reader.utf8(lengthOf(place, fixed, reader)));
  }
  reader.align();
  const record: Record<string, unknown> = {};
  for (const place of places) {
    const { name } = place.field;
    const presence = presenceOf(place, fixed, reader);
    const value = texts.has(place) ? texts.get(place) : valueOf(place, fixed, reader);
    if (presence !== PRESENCE.absent) setOwn(record, name, presence === PRESENCE.null ? null : value);
  }
  reader.align();
  return record;
}

function isText({ field }: FieldPlace): boolean {
  return field.kind === "utf8" || field.kind === "dictionary";
}

function lengthOf({ at }: FieldPlace, fixed: DataView, reader: PayloadReader): number {
  const length = fixed.getInt32(at - HEAD_BYTES, true);
  if (length < 0) reader.fail("a length is negative");
  return length;
}

function presenceOf({ field, presenceAt }: FieldPlace, fixed: DataView, reader: PayloadReader): number {
  if (presenceAt < 0) return PRESENCE.present;
  const presence = fixed.getUint8(presenceAt - HEAD_BYTES);
  const isPossible =
    presence === PRESENCE.present ||
    (presence === PRESENCE.null && field.nullable) ||
    (presence === PRESENCE.absent && field.optional);
  if (!isPossible) reader.fail("a field cannot be absent so");
  return presence;
}

/** The value of a field that is no text; of a nested part, the next of the record's. */
function valueOf(place: FieldPlace, fixed: DataView, reader: PayloadReader): unknown {
  const at = place.at - HEAD_BYTES;
  switch (place.field.kind) {
    case "float64":
      return fixed.getFloat64(at, true);
    case "int32":
      return fixed.getInt32(at, true);
    case "boolean": {
      const byte = fixed.getUint8(at);
      if (byte > 1) reader.fail("a boolean is neither true nor false");
      return byte === 1;
    }
    case "json": {
      const length = lengthOf(place, fixed, reader);
      return length === 0 ? undefined : decodeValue(reader.take(length).slice());
    }
    default:
      return reader.fail("a text is read twice");
  }
}
