import { generate } from "../../record/code-generation.ts";
import type { Column } from "../../record/column.ts";
import { layoutOf, type RecordLayout } from "../../record/layout.ts";
import { decodeValue, encodeValue } from "../../record/value-codec.ts";
import { decodeUtf8 } from "../../record/wtf8.ts";
import type { StoredColumns } from "../stored-records.ts";
import { copyText, viewOf } from "./copy-text.ts";
import { arrangeFields } from "./field-places.ts";
import { formSource } from "./record-form-source.ts";
import { TextScratch } from "./text-scratch.ts";
import type { Chunk, ValueArena } from "./value-arena.ts";

/** Where a record goes: into a new block where `at` is 0, else in place of the block there, of `before` bytes. */
export interface Place {
  readonly arena: ValueArena;
  at: number;
  before: number;
}

/** What the generated code of a layout does; `base` is the first byte of a block in its chunk. */
interface GeneratedForm {
  /** Address of the block; 0: the record does not fit, and nothing has changed. TM_STATE_VALUE for nested parts that no encoding holds. */
  store(record: object, place: Place): number;
  /** Null for layouts with nested parts. */
  readonly storeRow: ((columns: readonly Column[], row: number, place: Place) => number) | null;
  load(chunk: Chunk, base: number): object;
  /** A copy of a record that was loaded, for `same`; null for layouts with parts that can change inside, or be absent. */
  readonly shadow: ((record: object) => object) | null;
  /** Whether a record that was loaded is what it was when its shadow was made. */
  same(record: object, shadow: object): boolean;
  columns(rows: number): FormColumns;
}

/** Columns that generated code fills. */
export interface FormColumns extends StoredColumns {
  /** Bytes of the texts of all columns end here. */
  textEnd: number;
  /** Copies the block of a record of their form. */
  take(chunk: Chunk, base: number, row: number): void;
}

/**
 * How records of one layout are kept in a block: two int32 (shape, bytes of the block), the fields' fixed parts (floats, then ints and
 * lengths, then booleans and presence), from `fixedBytes` on the texts one after another, then, 4-aligned, the nested parts as the value codec's bytes.
 */
export interface RecordForm extends GeneratedForm {
  readonly layout: RecordLayout;
  /** Layout of columns that records are copied to: dictionaries are plain texts there. */
  readonly columnsLayout: RecordLayout;
}

/** Shapes of blocks below this are no records. */
export const SHAPE_RECORD = 8;

const forms: (RecordForm | undefined)[] = [];

/** The form of a struct layout; needs generated code. */
export function recordForm(layout: RecordLayout): RecordForm {
  return (forms[layout.id] ??= newForm(layout));
}

/** The form of a block by its shape. */
export function formOfShape(shape: number): RecordForm {
  return forms[shape - SHAPE_RECORD] as RecordForm;
}

export function shapeOf(layout: RecordLayout): number {
  return layout.id + SHAPE_RECORD;
}

const scratch = new TextScratch();

function newForm(layout: RecordLayout): RecordForm {
  const { places, fixedBytes } = arrangeFields(layout);
  const columnsLayout = layoutOf(
    layout.fields.map((field) => (field.kind === "dictionary" ? { ...field, kind: "utf8" } : field)),
  );
  const source = formSource({ places, fixedBytes, shape: shapeOf(layout) });
  const names = layout.fields.map((field) => field.name);
  const made = generate(
    ["names", "optional", "scratch", "hasSymbols", "encodePart", "decodePart", "decodeText", "viewOf", "copyText"],
    source,
  )(
    names,
    layout.fields.map((field) => field.optional),
    scratch,
    hasSymbols,
    encodePart,
    decodePart,
    decodeUtf8,
    viewOf,
    copyText,
  ) as GeneratedForm;
  return {
    layout,
    columnsLayout,
    store: made.store,
    storeRow: made.storeRow,
    load: made.load,
    shadow: made.shadow,
    same: made.same,
    columns: made.columns,
  };
}

/** Enumerable ones; they are no data, and the value codec says so. */
function hasSymbols(record: object): boolean {
  const symbols = Object.getOwnPropertySymbols(record);
  if (symbols.length === 0) return false;
  return symbols.some((symbol) => Object.prototype.propertyIsEnumerable.call(record, symbol));
}

/** Bytes of a nested part; what cannot be encoded is told with its path in the whole record. */
function encodePart(part: unknown, record: object): Uint8Array {
  try {
    return encodeValue(part);
  } catch (error) {
    encodeValue(record);
    throw error;
  }
}

function decodePart(bytes: Uint8Array, at: number, length: number): unknown {
  return decodeValue(bytes.slice(at, at + length));
}
