import type { DictionaryColumn, Utf8Column } from "../record/column.ts";
import { readString } from "../record/cell.ts";

/** Entries beyond which a dictionary begins anew: unvalidated input may hold anything in an enum's place. */
const ENTRIES_MAX = 4_096;

/** A power of two. */
const SLOTS = 256;

interface Entry {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** Interns texts that repeat, mostly by their bytes, so that the same text stays the same string from batch to batch. */
export class TextDictionary {
  #texts: string[] = [];
  #ids = new Map<string, number>();
  /** The last entry met with a mixture of its length and ends. */
  #slots = new Array<Entry | undefined>(SLOTS).fill(undefined);

  /** The same cells as ids. */
  intern(column: Utf8Column): DictionaryColumn {
    const length = column.lengths.length;
    const values = new Int32Array(length);
    for (let row = 0; row < length; row++) values[row] = this.#id(column, row);
    const dictionary = [...this.#texts];
    if (dictionary.length > ENTRIES_MAX) {
      this.#texts = [];
      this.#ids = new Map();
      this.#slots.fill(undefined);
    }
    return { kind: "dictionary", presence: column.presence, values, dictionary };
  }

  #id(column: Utf8Column, row: number): number {
    const { bytes, offsets, lengths, strings } = column;
    const length = lengths[row] as number;
    if (length < 0) return this.#idOf(strings[row] as string);
    const from = offsets[row] as number;
    const ends = length === 0 ? 0 : (bytes[from] as number) * 31 + (bytes[from + length - 1] as number) * 7;
    const slot = (ends + length) & (SLOTS - 1);
    const entry = this.#slots[slot];
    if (entry !== undefined && isAt(bytes, from, length, entry.bytes)) return entry.id;
    const id = this.#idOf(readString(column, row));
    this.#slots[slot] = { id, bytes: bytes.slice(from, from + length) };
    return id;
  }

  #idOf(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#texts.push(text) - 1;
      this.#ids.set(text, id);
    }
    return id;
  }
}

function isAt(bytes: Uint8Array, from: number, length: number, wanted: Uint8Array): boolean {
  if (wanted.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[from + i] !== wanted[i]) return false;
  return true;
}
