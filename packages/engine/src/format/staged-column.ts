import { PRESENCE, type Column, type Utf8Column } from "../record/column.ts";
import type { Field } from "../record/layout.ts";
import { BLOCK_COLUMN, COLUMN_KIND, type ColumnPlaces } from "../record/kernels/json-lines-block.ts";
import type { MemoryViews } from "../record/kernels/kernel-memory.ts";
import type { RowArrays } from "./row-arrays.ts";
import { TextDictionary } from "./text-dictionary.ts";

const NO_TEXT = new Uint8Array(0);

/** Rows that were decoded by themselves: `values[i]` of their columns belongs in row `rows[i]`. */
export interface OwnRows {
  readonly rows: readonly number[];
  readonly columns: readonly Column[];
}

/** A batch that is taken. */
export interface TakenBatch {
  readonly own: OwnRows;
  /** Of the column. */
  readonly index: number;
  readonly length: number;
  /** It is done with before anything else is decoded. */
  readonly isLent: boolean;
}

/** A column under way: its cells are in the scratch, and its texts as far as they have room there. */
export class StagedColumn {
  readonly #places: ColumnPlaces;
  readonly #dictionary: TextDictionary | null;
  /** Texts that have left the scratch: the first ones of the batch. */
  #text = NO_TEXT;
  #textUsed = 0;
  /** A cell is null or absent, of those that the block does not know of. */
  #isLacking = false;
  /** Of the batch before, if that was lent. */
  #strings: (string | undefined)[] = [];

  constructor(field: Field, places: ColumnPlaces) {
    this.#places = places;
    this.#dictionary = field.kind === "dictionary" ? new TextDictionary() : null;
  }

  /** Whether a cell is null or absent; after `absorb`. */
  get isLacking(): boolean {
    return this.#isLacking;
  }

  /** Puts rows that were decoded by themselves into their places, but for their texts; and looks whether cells are lacking. */
  absorb(views: MemoryViews, own: OwnRows, index: number): void {
    this.#noteLacking(views);
    const column = own.columns[index];
    if (column === undefined) return;
    const { kind, presence, values, lengths } = this.#places;
    const { bytes, int32, float64 } = views;
    for (const [i, row] of own.rows.entries()) {
      if (presence > 0) {
        const code = column.presence?.[i] ?? PRESENCE.present;
        bytes[presence + row] = code;
        if (code !== PRESENCE.present) this.#isLacking = true;
      }
      if (kind === COLUMN_KIND.utf8) {
        int32[(values >> 2) + row] = 0;
        int32[(lengths >> 2) + row] = -1;
      } else if (column.kind === "int32") int32[(values >> 2) + row] = column.values[i] as number;
      else if (column.kind === "float64") float64[(values >> 3) + row] = column.values[i] as number;
      else if (column.kind === "boolean") bytes[values + row] = column.values[i] as number;
    }
  }

  /** Hands over the first `length` rows, `own` rows among them; the column begins anew. What is lent stays in the scratch. */
  take(arrays: RowArrays, views: MemoryViews, batch: TakenBatch): Column {
    const { kind, values, presence: presenceAt } = this.#places;
    const presence = this.#isLacking ? arrays.bytes(presenceAt) : null;
    this.#isLacking = false;
    switch (kind) {
      case COLUMN_KIND.int32:
        return { kind: "int32", presence, values: arrays.int32(values) };
      case COLUMN_KIND.float64:
        return { kind: "float64", presence, values: arrays.float64(values) };
      case COLUMN_KIND.boolean:
        return { kind: "boolean", presence, values: arrays.bytes(values) };
      case COLUMN_KIND.utf8:
        return this.#takeTexts(arrays, views, { ...batch, presence });
    }
  }

  /** All of it leaves the scratch, but for the cells. */
  moveOut(views: MemoryViews): void {
    this.#noteLacking(views);
    if (this.#places.kind === COLUMN_KIND.utf8) this.#moveTexts(views);
  }

  /** It has come into the scratch again; its cells are there already. */
  moveIn(views: MemoryViews): void {
    if (this.#places.kind === COLUMN_KIND.utf8) this.#beginTexts(views);
  }

  /** Makes sure that no more than `bytesMax` of texts are in the scratch. */
  makeRoom(views: MemoryViews, bytesMax: number): void {
    if (this.#places.kind === COLUMN_KIND.utf8 && this.#textInScratch(views) > bytesMax) this.#moveTexts(views);
  }

  #takeTexts(arrays: RowArrays, views: MemoryViews, batch: TakenBatch & { presence: Uint8Array | null }): Column {
    const { values, lengths: lengthsAt, text } = this.#places;
    const { own, index, length, presence, isLent } = batch;
    const offsets = arrays.int32(values);
    const lengths = arrays.int32(lengthsAt);
    const strings = this.#stringsFor(length, isLent);
    for (const cell of textsOf(own.columns[index], own.rows)) strings[cell.row] = cell.text;
    const isMoved = this.#textUsed > 0;
    if (isMoved) this.#moveTexts(views);
    const here = views.bytes.subarray(text, text + this.#textInScratch(views));
    // Interned texts are looked at where they are.
    const isThere = isLent || this.#dictionary !== null;
    const bytes = isMoved ? this.#text.subarray(0, this.#textUsed) : isThere ? here : here.slice();
    const column: Utf8Column = { kind: "utf8", presence, bytes, offsets, lengths, strings };
    this.#text = NO_TEXT;
    this.#textUsed = 0;
    this.#beginTexts(views);
    return this.#dictionary === null ? column : this.#dictionary.intern(column);
  }

  /** Room for strings that are not read yet. */
  #stringsFor(length: number, isLent: boolean): (string | undefined)[] {
    if (!isLent || this.#strings.length !== length) this.#strings = new Array<string | undefined>(length);
    else this.#strings.fill(undefined);
    return this.#strings;
  }

  #noteLacking({ int32 }: MemoryViews): void {
    const at = (this.#places.at + BLOCK_COLUMN.isLacking) >> 2;
    if (int32[at] === 1) this.#isLacking = true;
    int32[at] = 0;
  }

  #textInScratch({ int32 }: MemoryViews): number {
    return int32[(this.#places.at + BLOCK_COLUMN.textUsed) >> 2] as number;
  }

  /** Has texts begin at their place in the scratch, and their offsets go on from what has left it. */
  #beginTexts({ int32 }: MemoryViews): void {
    const { at } = this.#places;
    int32[(at + BLOCK_COLUMN.textUsed) >> 2] = 0;
    int32[(at + BLOCK_COLUMN.textBase) >> 2] = this.#textUsed;
  }

  /** Texts leave the scratch. */
  #moveTexts(views: MemoryViews): void {
    const { text } = this.#places;
    const used = this.#textInScratch(views);
    const end = this.#textUsed + used;
    if (end > this.#text.length) {
      const longer = new Uint8Array(Math.max(1_024, 2 * end));
      longer.set(this.#text.subarray(0, this.#textUsed));
      this.#text = longer;
    }
    this.#text.set(views.bytes.subarray(text, text + used), this.#textUsed);
    this.#textUsed = end;
    this.#beginTexts(views);
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
