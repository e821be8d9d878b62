import { VectorFault } from "./vector-fault.ts";

/** A vector of a flatbuffer. */
export interface FlatVector {
  /** Where its first element begins. */
  readonly at: number;
  readonly length: number;
}

/**
 * A flatbuffer, read with a look at every offset: none leads out of the bytes, and no more tables are read than there are bytes for. VectorFault
 * where one would. (https://flatbuffers.dev/internals)
 */
export class FlatBytes {
  readonly #view: DataView;
  #tablesLeft: number;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // A table takes at least its offset, however many others lead to it.
    this.#tablesLeft = bytes.byteLength / 4;
  }

  root(): FlatTable {
    return this.table(this.#target(0));
  }

  table(at: number): FlatTable {
    if (--this.#tablesLeft < 0) throw broken();
    const names = at - this.int32(at);
    const namesBytes = this.uint16(names);
    const bytes = this.uint16(names + 2);
    this.#within(names, namesBytes);
    this.#within(at, bytes);
    return new FlatTable(this, { at, bytes, names, namesBytes });
  }

  /** The vector that the offset at `at` leads to; its elements are of `elementBytes`. */
  vector(at: number, elementBytes: number): FlatVector {
    const target = this.#target(at);
    const length = this.uint32(target);
    this.#within(target + 4, length * elementBytes);
    return { at: target + 4, length };
  }

  /** The table that the offset at `at` leads to. */
  tableAt(at: number): FlatTable {
    return this.table(this.#target(at));
  }

  uint16(at: number): number {
    return this.#within(at, 2).getUint16(at, true);
  }

  int32(at: number): number {
    return this.#within(at, 4).getInt32(at, true);
  }

  uint32(at: number): number {
    return this.#within(at, 4).getUint32(at, true);
  }

  /** A number of 64 bits; beyond 2^53 it is not exact, and more than anything here may be. */
  int64(at: number): number {
    return Number(this.#within(at, 8).getBigInt64(at, true));
  }

  byte(at: number): number {
    return this.#within(at, 1).getUint8(at);
  }

  #target(at: number): number {
    return at + this.uint32(at);
  }

  #within(at: number, bytes: number): DataView {
    if (!(at >= 0 && at + bytes <= this.#view.byteLength)) throw broken();
    return this.#view;
  }
}

/** A table of a flatbuffer; its fields go by their number in the schema. */
export class FlatTable {
  readonly #bytes: FlatBytes;
  readonly #place: { readonly at: number; readonly bytes: number; readonly names: number; readonly namesBytes: number };

  constructor(
    bytes: FlatBytes,
    place: { readonly at: number; readonly bytes: number; readonly names: number; readonly namesBytes: number },
  ) {
    this.#bytes = bytes;
    this.#place = place;
  }

  int64(field: number): number {
    const at = this.#field(field, 8);
    return at === null ? 0 : this.#bytes.int64(at);
  }

  byte(field: number): number {
    const at = this.#field(field, 1);
    return at === null ? 0 : this.#bytes.byte(at);
  }

  table(field: number): FlatTable | null {
    const at = this.#field(field, 4);
    return at === null ? null : this.#bytes.tableAt(at);
  }

  /** Null where there is none. */
  vector(field: number, elementBytes: number): FlatVector | null {
    const at = this.#field(field, 4);
    return at === null ? null : this.#bytes.vector(at, elementBytes);
  }

  tables(field: number): FlatTable[] {
    const vector = this.vector(field, 4);
    if (vector === null) return [];
    return Array.from({ length: vector.length }, (_, index) => this.#bytes.tableAt(vector.at + 4 * index));
  }

  /** Pairs of numbers of 64 bits. */
  pairs(field: number): (readonly [number, number])[] {
    const vector = this.vector(field, 16);
    if (vector === null) return [];
    return Array.from({ length: vector.length }, (_, index) => {
      const at = vector.at + 16 * index;
      return [this.#bytes.int64(at), this.#bytes.int64(at + 8)] as const;
    });
  }

  /** Where a field of so many bytes stands; null: it has its default. */
  #field(field: number, bytes: number): number | null {
    const { at, names, namesBytes } = this.#place;
    const name = 4 + 2 * field;
    if (name + 2 > namesBytes) return null;
    const offset = this.#bytes.uint16(names + name);
    if (offset === 0) return null;
    if (offset + bytes > this.#place.bytes) throw broken();
    return at + offset;
  }
}

function broken(): VectorFault {
  return new VectorFault("its metadata lead out of themselves");
}
