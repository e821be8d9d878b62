import { ROW_KINDS, type Column, type RecordBatch } from "@tidemark/engine/connector";

const FLOAT = new Float64Array(1);
const WORDS = new Uint32Array(FLOAT.buffer);
const PRIME = 0x01000193;
const NOTHING = 0x5bd1e995;

/** Begin of a row's hash; its cells are mixed in one after another. */
export const ROW_SEED = 0x811c9dc5;

/** Mixes a number into a row's hash. */
export function mixNumber(hash: number, value: number): number {
  FLOAT[0] = value;
  return Math.imul(Math.imul(hash ^ (WORDS[0] as number), PRIME) ^ (WORDS[1] as number), PRIME);
}

/** Mixes a text into a row's hash: by its length and first character, since this is to cost little. */
export function mixText(hash: number, length: number, first: number): number {
  return Math.imul(hash ^ (length * 256 + first), PRIME);
}

/** Mixes any value into a row's hash; parts of arrays and objects in their order. */
export function mixValue(hash: number, value: unknown): number {
  if (typeof value === "number") return mixNumber(hash, value);
  if (typeof value === "string") return mixText(hash, value.length, firstOf(value));
  if (typeof value === "boolean") return mixNumber(hash, value ? 1 : 0);
  if (typeof value !== "object" || value === null) return Math.imul(hash ^ NOTHING, PRIME);
  return Object.values(value).reduce<number>(mixValue, hash);
}

/** The sum of all rows of an output, whatever their order; a retracted row takes off what its insert added. */
export class Checksum {
  rows = 0;
  #sum = 0;
  #hashes = new Uint32Array(1_024);

  /** Eight hexadecimal digits. */
  get text(): string {
    return this.#sum.toString(16).padStart(8, "0");
  }

  /** A row by its hash. */
  add(hash: number): void {
    this.rows++;
    this.#sum = (this.#sum + hash) >>> 0;
  }

  /** A row that is no longer so. */
  retract(hash: number): void {
    this.rows++;
    this.#sum = (this.#sum - hash) >>> 0;
  }

  addBatch(batch: RecordBatch): void {
    const { length, rowKinds } = batch;
    if (this.#hashes.length < length) this.#hashes = new Uint32Array(length);
    const hashes = this.#hashes.fill(ROW_SEED, 0, length);
    for (const column of batch.columns) mixColumn(hashes, column, length);
    for (let row = 0; row < length; row++) {
      const kind = rowKinds?.[row] ?? ROW_KINDS.insert;
      if (kind === ROW_KINDS.updateBefore || kind === ROW_KINDS.delete) this.retract(hashes[row] as number);
      else this.add(hashes[row] as number);
    }
  }
}

function mixColumn(hashes: Uint32Array, column: Column, length: number): void {
  const { presence } = column;
  switch (column.kind) {
    case "int32":
    case "float64":
    case "boolean":
      for (let row = 0; row < length; row++)
        hashes[row] = mixNumber(hashes[row] as number, column.values[row] as number);
      break;
    case "utf8": {
      const { bytes, offsets, lengths, strings } = column;
      for (let row = 0; row < length; row++) {
        const size = lengths[row] as number;
        const text = size < 0 ? (strings[row] as string) : "";
        const first = size < 0 ? firstOf(text) : size === 0 ? 0 : (bytes[offsets[row] as number] as number);
        hashes[row] = mixText(hashes[row] as number, size < 0 ? text.length : size, first);
      }
      break;
    }
    case "dictionary": {
      const { values, dictionary } = column;
      for (let row = 0; row < length; row++) {
        const text = dictionary[values[row] as number] as string;
        hashes[row] = mixText(hashes[row] as number, text.length, firstOf(text));
      }
      break;
    }
    case "json":
      for (let row = 0; row < length; row++) hashes[row] = mixValue(hashes[row] as number, column.values[row]);
      break;
  }
  // Queries here have no absent cells; what stands in one must not go unseen.
  if (presence !== null)
    for (let row = 0; row < length; row++) hashes[row] = mixNumber(hashes[row] as number, presence[row] as number);
}

function firstOf(text: string): number {
  return text === "" ? 0 : text.charCodeAt(0);
}
