import { BATCH_ROWS_MAX } from "../record/batch.ts";
import { PRESENCE, type Column, type Utf8Column } from "../record/column.ts";
import type { Field } from "../record/layout.ts";
import { BLOCK_COLUMN, COLUMN_KIND, type ColumnPlaces } from "../record/kernels/json-lines-block.ts";
import type { MemoryViews } from "../record/kernels/kernel-memory.ts";
import { TextDictionary } from "./text-dictionary.ts";

/** Rows that were decoded by themselves: `values[i]` of their columns belongs in row `rows[i]`. */
export interface OwnRows {
  readonly rows: readonly number[];
  readonly columns: readonly Column[];
}

/** A column under way: what was decoded leaves the scratch for it. */
export class StagedColumn {
  readonly #places: ColumnPlaces;
  readonly #int32: Int32Array;
  readonly #float64: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #lengths: Int32Array;
  readonly #presence: Uint8Array;
  readonly #dictionary: TextDictionary | null;
  #text = new Uint8Array(0);
  #textUsed = 0;
  #isLacking = false;

  constructor(field: Field, places: ColumnPlaces) {
    const { kind } = places;
    const rows = (isIt: boolean): number => (isIt ? BATCH_ROWS_MAX : 0);
    const isText = kind === COLUMN_KIND.utf8;
    this.#places = places;
    this.#int32 = new Int32Array(rows(kind === COLUMN_KIND.int32 || isText));
    this.#float64 = new Float64Array(rows(kind === COLUMN_KIND.float64));
    this.#bytes = new Uint8Array(rows(kind === COLUMN_KIND.boolean));
    this.#lengths = new Int32Array(rows(isText));
    this.#presence = new Uint8Array(rows(field.nullable || field.optional));
    this.#dictionary = field.kind === "dictionary" ? new TextDictionary() : null;
  }

  /** Has texts begin at their place in the scratch, and their offsets go on from what is here already. */
  beginText({ int32 }: MemoryViews): void {
    const { kind, at } = this.#places;
    if (kind !== COLUMN_KIND.utf8) return;
    int32[(at + BLOCK_COLUMN.textUsed) >> 2] = 0;
    int32[(at + BLOCK_COLUMN.textBase) >> 2] = this.#textUsed;
  }

  /** Copies rows [from, to) out of the scratch, and all text that is in it. */
  copyOut(views: MemoryViews, from: number, to: number): void {
    const { kind, at, values, lengths, presence } = this.#places;
    const { bytes, int32, float64 } = views;
    if (kind === COLUMN_KIND.float64) {
      this.#float64.set(float64.subarray((values >> 3) + from, (values >> 3) + to), from);
    } else if (kind === COLUMN_KIND.boolean) {
      this.#bytes.set(bytes.subarray(values + from, values + to), from);
    } else {
      this.#int32.set(int32.subarray((values >> 2) + from, (values >> 2) + to), from);
    }
    if (kind === COLUMN_KIND.utf8) {
      this.#lengths.set(int32.subarray((lengths >> 2) + from, (lengths >> 2) + to), from);
      this.#takeText(views);
    }
    if (this.#presence.length === 0) return;
    this.#presence.set(bytes.subarray(presence + from, presence + to), from);
    if (int32[(at + BLOCK_COLUMN.isLacking) >> 2] === 1) this.#isLacking = true;
    int32[(at + BLOCK_COLUMN.isLacking) >> 2] = 0;
  }

  #takeText(views: MemoryViews): void {
    const { at, text } = this.#places;
    const used = views.int32[(at + BLOCK_COLUMN.textUsed) >> 2] as number;
    const end = this.#textUsed + used;
    if (end > this.#text.length) {
      const longer = new Uint8Array(Math.max(1_024, 2 * end));
      longer.set(this.#text.subarray(0, this.#textUsed));
      this.#text = longer;
    }
    this.#text.set(views.bytes.subarray(text, text + used), this.#textUsed);
    this.#textUsed = end;
  }

  /** Hands over the first `length` rows, `own` rows among them; the column begins anew. */
  take(length: number, own: OwnRows, index: number): Column {
    const from = own.columns[index];
    if (from !== undefined) this.#absorb(from, own.rows);
    const presence = this.#isLacking ? this.#presence.slice(0, length) : null;
    const column = this.#column(
      length,
      presence,
      this.#places.kind === COLUMN_KIND.utf8 ? textsOf(from, own.rows) : [],
    );
    this.#textUsed = 0;
    this.#isLacking = false;
    return column;
  }

  /** Puts rows that were decoded by themselves into their places, but for their texts. */
  #absorb(own: Column, rows: readonly number[]): void {
    const isText = this.#places.kind === COLUMN_KIND.utf8;
    for (const [i, row] of rows.entries()) {
      if (this.#presence.length > 0) {
        const code = own.presence?.[i] ?? PRESENCE.present;
        this.#presence[row] = code;
        if (code !== PRESENCE.present) this.#isLacking = true;
      }
      if (isText) {
        this.#int32[row] = 0;
        this.#lengths[row] = -1;
      } else if (own.kind === "int32") this.#int32[row] = own.values[i] as number;
      else if (own.kind === "float64") this.#float64[row] = own.values[i] as number;
      else if (own.kind === "boolean") this.#bytes[row] = own.values[i] as number;
    }
  }

  #column(length: number, presence: Uint8Array | null, texts: readonly OwnText[]): Column {
    switch (this.#places.kind) {
      case COLUMN_KIND.int32:
        return { kind: "int32", presence, values: this.#int32.slice(0, length) };
      case COLUMN_KIND.float64:
        return { kind: "float64", presence, values: this.#float64.slice(0, length) };
      case COLUMN_KIND.boolean:
        return { kind: "boolean", presence, values: this.#bytes.slice(0, length) };
      case COLUMN_KIND.utf8:
        break;
    }
    const bytes = this.#text.slice(0, this.#textUsed);
    const offsets = this.#int32.slice(0, length);
    const lengths = this.#lengths.slice(0, length);
    const strings = new Array<string | undefined>(length).fill(undefined);
    for (const { row, text } of texts) strings[row] = text;
    const column: Utf8Column = { kind: "utf8", presence, bytes, offsets, lengths, strings };
    return this.#dictionary === null ? column : this.#dictionary.intern(column);
  }
}

interface OwnText {
  readonly row: number;
  readonly text: string;
}

function textsOf(own: Column | undefined, rows: readonly number[]): OwnText[] {
  if (own?.kind === "utf8") return rows.map((row, i) => ({ row, text: own.strings[i] ?? "" }));
  if (own?.kind !== "dictionary") return [];
  return rows.map((row, i) => ({ row, text: own.dictionary[own.values[i] ?? -1] ?? "" }));
}
